/** Handing letters to a mail server by SMTP: one connection a letter, one recipient, within a deadline. */
import { createTransport } from 'nodemailer'
import type { SendMailOptions } from 'nodemailer/lib/mailer'
import type { Delivery, Letter, Mailer } from '../actors/notification/mailer.ts'
import type { Clock } from '../world/clock.ts'
import { type ConnectionOptions, connectionTo, patienceOf } from './connection.ts'
import { deliveryOf, NO_ADDRESS } from './smtp-answer.ts'

/** A letter's own deadline: whatever hangs, it is tried again later. */
const SEND_DEADLINE_MS = 60_000

/** Of one step of the conversation; a server that says nothing for so long is given up. */
const SILENCE_MS = 30_000

/**
 * The addresses that are written to: those that need no quoting and no encoding. What an order actor knows is such a one;
 * nodemailer folds a header at any space of Unicode, which would end it in the middle of a stranger address.
 */
const PLAIN_ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+$/

export type SmtpOptions = ConnectionOptions & {
  /** Who the letters are from: `shop@example.com` or `Shop <shop@example.com>`. */
  from: string
}

/** A mailer over SMTP. At least once: a connection lost after the data may leave a second copy, under the same Message-ID. */
export const createSmtpMailer = ({ from, ...server }: SmtpOptions, clock: Clock): Mailer => {
  const transport = createTransport({
    ...connectionTo(server),
    ...patienceOf(SILENCE_MS),
    // A letter is text: nothing in it may name a file or a page to be sent along.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const onTheirWay = new Set<AbortController>()

  return {
    send: async (letter): Promise<Delivery> => {
      if (!PLAIN_ADDRESS.test(letter.to)) return NO_ADDRESS
      const controller = new AbortController()
      onTheirWay.add(controller)
      let isLate = false
      const cancel = clock.after(SEND_DEADLINE_MS, () => {
        isLate = true
        controller.abort()
      })
      try {
        await transport.sendMail({ ...messageOf(letter, from), signal: controller.signal })
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

/** The message that a letter from `from` becomes: plain text, to one recipient, and nothing that answers by itself. */
export const messageOf = ({ messageId, to, subject, text, traceparent }: Letter, from: string): SendMailOptions => {
  const sender = senderOf(from)
  return {
    // As objects, so that no text in them can be read as a list of addresses.
    from: sender,
    to: { name: '', address: to },
    subject,
    text,
    messageId: `<${messageId}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', ...(traceparent === undefined ? {} : { traceparent }) },
  }
}

const senderOf = (from: string): { name: string; address: string } => {
  const [, name = '', address = from] = /^(.*?) <(.+)>$/.exec(from) ?? []
  return { name, address }
}
