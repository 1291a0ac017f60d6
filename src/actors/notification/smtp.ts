/** Handing letters to a mail server by SMTP, and what its answers mean for a letter. */
import { createTransport } from 'nodemailer'
import type { Clock } from '../../world/clock.ts'
import type { Letter, Mailer } from './mailer.ts'
import type { Delivery } from './rules.ts'

/** A letter's own deadline: whatever hangs, it is tried again later. */
const SEND_DEADLINE_MS = 60_000

/** Of one step of the conversation; a server that says nothing for so long is given up. */
const SILENCE_MS = 30_000

/** Verbs whose 5xx is about the letter. Before them the server speaks of us, which somebody can mend while letters wait. */
const ABOUT_THE_LETTER = /^(MAIL FROM|RCPT TO|DATA|CONN_DATA)/

/** Replies to RCPT TO that say of the address itself that it is no good: no such mailbox, moved, not allowed as a name. */
const NO_SUCH_ADDRESS = new Set([550, 551, 553])

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://…:465`. */
  url: string
  /** Who the letters are from: `shop@example.com` or `Shop <shop@example.com>`. */
  from: string
}

/**
 * A mailer over SMTP. Outside loopback the connection is encrypted (STARTTLS is demanded) and the server's certificate
 * checked. At least once: a connection lost after the data may leave a second copy, under the same Message-ID.
 */
export const createSmtpMailer = ({ url, from }: SmtpOptions, clock: Clock): Mailer => {
  const { hostname } = new URL(url)
  const transport = createTransport({
    url,
    pool: false,
    requireTLS: !isLoopback(hostname) && !url.startsWith('smtps:'),
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'

  const hand = async ({ messageId, to, subject, text }: Letter): Promise<Delivery> => {
    try {
      await transport.sendMail({
        from,
        // As an object, so that no text in it can be read as a list of addresses.
        to: { name: '', address: to },
        subject,
        text,
        messageId: `<${messageId}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
      return { outcome: 'sent' }
    } catch (error) {
      return deliveryOf(error)
    }
  }

  return {
    send: letter =>
      new Promise(resolve => {
        const cancel = clock.after(SEND_DEADLINE_MS, () =>
          resolve({ outcome: 'later', error: `the mail server did not finish within ${SEND_DEADLINE_MS / 1000} s` }),
        )
        void hand(letter).then(delivery => {
          cancel()
          resolve(delivery)
        })
      }),
    close: () => transport.close(),
  }
}

/** What a failed attempt means: 5xx about the letter is for ever, all else may pass. */
export const deliveryOf = (error: unknown): Delivery => {
  const {
    code = 'unknown',
    responseCode,
    command = '',
  } = error as {
    code?: string
    responseCode?: number
    command?: string
  }
  // Neither the server's words nor the address: both may name a person, and the entry is not sealed.
  const said = responseCode ? `${responseCode} to ${command || 'the connection'}` : code
  if (code === 'EENVELOPE' && responseCode === undefined) return { outcome: 'never', error: said, bounced: true }
  const isFinal = responseCode !== undefined && responseCode >= 500 && ABOUT_THE_LETTER.test(command)
  if (!isFinal) return { outcome: 'later', error: said }
  return { outcome: 'never', error: said, bounced: command.startsWith('RCPT TO') && NO_SUCH_ADDRESS.has(responseCode) }
}

const isLoopback = (hostname: string): boolean => /^(127\.|localhost$|\[?::1\]?$)/.test(hostname)
