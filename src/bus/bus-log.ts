/** What a bus tells its log: pino fits, and so does a test's list. */
export type BusLog = {
  info: (facts: object, text: string) => void
  warn: (facts: object, text: string) => void
}

/** Says nothing. */
export const silentLog: BusLog = { info: () => {}, warn: () => {} }
