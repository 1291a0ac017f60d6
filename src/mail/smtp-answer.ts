/** What a mail server's answers mean for a letter: sent, later, or never. */
import type { Delivery } from '../actors/notification/mailer.ts'

/** Of an error of nodemailer: `command` is the verb that was answered (DATA after the data too), `response` the answer. */
type SmtpError = {
  code?: string
  originalCode?: string
  command?: string
  response?: string
  responseCode?: number
}

/** Verbs whose 5xx is about the letter. Before them the server speaks of us, which somebody can mend while letters wait. */
const ABOUT_THE_LETTER = new Set(['RCPT TO', 'DATA'])

/** Answers that are about us or about the session, whatever verb they follow (RFC 5321 503, RFC 4954 530 and 538). */
const ABOUT_US = new Set([503, 530, 538])

/** The letter is larger than the server takes (RFC 1870). */
const TOO_LARGE = 552

/** Answers to RCPT TO that say of the address that it is no good: no such mailbox, moved, no such name, no mail there. */
const NO_SUCH_ADDRESS = new Set([550, 551, 553, 556])

/**
 * The same, said exactly (RFC 3463, RFC 7505): a bad mailbox, system or syntax, moved, no mail there, mailbox disabled.
 * Not among them: a full mailbox, and what is forbidden (5.7.x), which may be our fault.
 */
const NO_SUCH_ADDRESS_EXACTLY = /^5\.(1\.([01236]|10)|2\.1)$/

/** There is nothing that could be said after RCPT TO. */
export const NO_ADDRESS: Delivery = { outcome: 'never', error: 'no address that can be written to', bounced: true }

/** What a failed attempt means. 5xx about the letter is for ever, all else may pass. */
export const deliveryOf = (error: unknown): Delivery => {
  const { command = '', response = '', responseCode } = error as SmtpError
  if (responseCode === undefined) return withoutCode(error as SmtpError)

  const exactly = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\s/.exec(response)?.[1]
  // Neither the server's words nor the address: both may name a person, and the entry is not sealed.
  const said = `${responseCode}${exactly ? ` ${exactly}` : ''} to ${command === 'CONN' ? 'the connection' : command}`
  const isAboutTheLetter = ABOUT_THE_LETTER.has(command) || (command === 'MAIL FROM' && responseCode === TOO_LARGE)
  if (responseCode < 500 || ABOUT_US.has(responseCode) || !isAboutTheLetter) return { outcome: 'later', error: said }

  const bounced = exactly
    ? NO_SUCH_ADDRESS_EXACTLY.test(exactly)
    : command === 'RCPT TO' && NO_SUCH_ADDRESS.has(responseCode)
  return { outcome: 'never', error: said, bounced }
}

/** Nodemailer refused the letter itself, or nobody gave an answer that can be read. */
const withoutCode = ({ code = 'unknown', originalCode, command, response }: SmtpError): Delivery => {
  if (code === 'EENVELOPE' && command === 'API') return NO_ADDRESS
  if (code === 'EMESSAGE' && command === 'MAIL FROM' && response === undefined)
    return { outcome: 'never', error: 'larger than the mail server takes', bounced: false }
  return { outcome: 'later', error: originalCode ? `${code} (${originalCode})` : code }
}
