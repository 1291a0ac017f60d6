/** Handing letters to a mail server by SMTP: one connection a letter, one recipient, within a deadline. */
import { createTransport } from 'nodemailer'
import type { Delivery, Mailer } from '../actors/notification/mailer.ts'
import type { Clock } from '../world/clock.ts'
import { type ConnectionOptions, connectionTo } from './connection.ts'
import { deliveryOf } from './smtp-answer.ts'

/** A letter's own deadline: whatever hangs, it is tried again later. */
const SEND_DEADLINE_MS = 60_000

/** Of one step of the conversation; a server that says nothing for so long is given up. */
const SILENCE_MS = 30_000

export type SmtpOptions = ConnectionOptions & {
  /** Who the letters are from: `shop@example.com` or `Shop <shop@example.com>`. */
  from: string
}

/** A mailer over SMTP. At least once: a connection lost after the data may leave a second copy, under the same Message-ID. */
export const createSmtpMailer = ({ from, ...server }: SmtpOptions, clock: Clock): Mailer => {
  const transport = createTransport({
    ...connectionTo(server),
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    // A letter is text: nothing in it may name a file or a page to be sent along.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const sender = senderOf(from)
  const domain = sender.address.slice(sender.address.lastIndexOf('@') + 1)
  const onTheirWay = new Set<AbortController>()

  return {
    send: async ({ messageId, to, subject, text }): Promise<Delivery> => {
      const controller = new AbortController()
      onTheirWay.add(controller)
      let isLate = false
      const cancel = clock.after(SEND_DEADLINE_MS, () => {
        isLate = true
        controller.abort()
      })
      try {
        await transport.sendMail({
          from: sender,
          // As an object, so that no text in it can be read as a list of addresses.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${messageId}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: controller.signal,
        })
        return { outcome: 'sent' }
      } catch (error) {
        if (isLate) return { outcome: 'later', error: `no end within ${SEND_DEADLINE_MS / 1000} s` }
        return deliveryOf(error)
      } finally {
        cancel()
        onTheirWay.delete(controller)
      }
    },
    close: () => {
      for (const controller of onTheirWay) controller.abort()
      transport.close()
    },
  }
}

const senderOf = (from: string): { name: string; address: string } => {
  const [, name = '', address = from] = /^(.*?) <(.+)>$/.exec(from) ?? []
  return { name, address }
}
