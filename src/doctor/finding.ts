/** What the doctor found of one thing: well, worth a look, or wrong, and then what mends it. */

export type Finding = {
  /** The thing, in few words: `disk`, `store of order/0`. */
  about: string
  state: 'well' | 'look' | 'wrong'
  says: string
  /** What to type or to do; always there where something is wrong. */
  mend?: string
}

export const well = (about: string, says: string): Finding => ({ about, state: 'well', says })

/** Nothing is broken, and somebody should know. */
export const look = (about: string, says: string, mend: string): Finding => ({ about, state: 'look', says, mend })

export const wrong = (about: string, says: string, mend: string): Finding => ({ about, state: 'wrong', says, mend })
