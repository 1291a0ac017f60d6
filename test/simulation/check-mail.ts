/** Checks of the letters that leave by mail: none is lost, none was told to be sent that was not, each under one Message-ID for ever. */
import type { FinalState } from './final-state.ts'
import type { Fact } from './history.ts'

const ENDS = new Set(['LetterSent', 'LetterFailed', 'LetterSuppressed'])

/** What is wrong with the letters that were to be mailed, a line each. */
export const checkMail = ({ logs, history, receipts, loud }: FinalState): string[] => {
  const faults: string[] = []
  const queued = logs.notification.facts.filter(({ type }) => type === 'LetterQueued')
  const ends = Map.groupBy(
    logs.notification.facts.filter(({ type }) => ENDS.has(type)),
    idOf,
  )
  // What still waits when its reader is erased is never sent, and no entry says so of each.
  const erased = new Set(logs.notification.facts.flatMap(({ type, user }) => (type === 'PersonErased' ? [user] : [])))
  const taken = new Set(receipts.map(({ letter }) => letter.messageId))
  for (const letter of queued) {
    const id = idOf(letter)
    const all = ends.get(id) ?? []
    if (all.length > 1) faults.push(`letter ${id} ended ${all.length} times`)
    if (all.length === 0 && !loud && !erased.has(letter.user))
      faults.push(`letter ${id} is queued, and nobody sends it`)
    if (all.some(({ type }) => type === 'LetterSent') && !taken.has(messageIdOf(letter)))
      faults.push(`letter ${id} is told to be sent, and the mail server never had it`)
  }
  // Also those that no copy is left of: a letter leaves after the commit that wrote it.
  const written = new Set(
    history
      .facts()
      .filter(({ type }) => type === 'LetterQueued')
      .map(messageIdOf),
  )
  for (const id of taken) if (!written.has(id)) faults.push(`a letter ${id} was mailed that nobody had written`)
  return faults
}

const idOf = ({ data }: Fact): string => String(data.message_id)

/** As the product makes it: of what never changes, so that a reader can drop a second copy. */
const messageIdOf = (fact: Fact): string => `${idOf(fact)}.${fact.at.toString(36)}`
