/** Checks of the mail: what counts as sent has arrived, and nothing arrives that was not written. Twice is allowed. */
import { type Evidence, lost, type Violation, wrong } from './evidence.ts'

export const checkMail = ({ mail, stores: { notification }, shown }: Evidence): Violation[] => {
  const rows = notification.rows('SELECT message_id, status, user_id FROM letters')
  const found = checkShownLetters(rows, shown)
  if (!mail) {
    const unsent = rows.filter(({ status }) => status !== 'Sent')
    return [...found, ...unsent.map(({ message_id, status }) => wrong(`letter ${message_id} is ${status} in the end`))]
  }

  // `<67890.lx2k1@host>`: the letter's number stands first.
  const arrived = new Set(mail.map(({ messageId }) => messageId.slice(0, messageId.indexOf('.'))))
  const written = new Set(rows.map(({ message_id }) => String(message_id)))
  for (const { message_id, status } of rows) {
    if (status !== 'Sent') found.push(wrong(`letter ${message_id} is ${status} in the end`))
    else if (!arrived.has(String(message_id)))
      found.push(lost(`letter ${message_id} counts as sent, and never arrived`))
  }
  for (const id of arrived) if (!written.has(id)) found.push(wrong(`a letter ${id} arrived that nobody has written`))
  const texts = Map.groupBy(mail, ({ messageId }) => messageId)
  for (const [id, copies] of texts)
    if (new Set(copies.map(({ text }) => text)).size > 1) found.push(wrong(`the copies of letter ${id} differ`))
  return found
}

/** How many letters arrived more than once: e-mail is at least once. */
export const lettersTwice = ({ mail = [] }: Evidence): number =>
  mail.length - new Set(mail.map(({ messageId }) => messageId)).size

const checkShownLetters = (rows: Record<string, string | number | null>[], shown: Evidence['shown']): Violation[] => {
  const stored = Map.groupBy(rows, ({ user_id }) => String(user_id))
  return shown.flatMap(({ userId, letters }) => {
    const own = (stored.get(userId) ?? []).map(({ message_id, status }) => `${message_id} ${status}`).sort()
    const told = letters.map(({ message_id, status }) => `${message_id} ${status}`).sort()
    return own.join() === told.join() ? [] : [wrong(`HTTP shows other letters of ${userId} than the store has`)]
  })
}
