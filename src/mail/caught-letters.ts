/** The mailbox of `KASSA_MAIL=mailbox`: letters travel by SMTP to a server of our own, and the last are kept in memory. */
import type { CaughtLetter, CaughtLetters, Mailer } from '../actors/notification/mailer.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import { type OwnMailServer, startOwnMailServer } from './own-mail-server.ts'
import { readMail } from './read-mail.ts'
import { createSmtpMailer } from './smtp.ts'

/** So much is kept at most, whichever is reached first; the oldest makes room. */
const MAILS_MOST = 200
const BYTES_MOST = 4 * 1024 * 1024

type Bounds = { mailsMost: number; bytesMost: number }

/** A mailer whose letters reach nobody, and what was caught of them. The server begins with the first letter. */
export const catchLetters = (
  { from, mailsMost = MAILS_MOST, bytesMost = BYTES_MOST }: { from: string } & Partial<Bounds>,
  clock: Clock,
  random: Random,
): { mailer: Mailer; caught: CaughtLetters } => {
  const kept = keepLast({ mailsMost, bytesMost })
  let isClosed = false
  let beginning: Promise<{ server: OwnMailServer; mailer: Mailer }> | undefined

  const begin = async () => {
    const server = await startOwnMailServer(random.uuid(), raw => kept.add(raw, clock.now()))
    if (isClosed) server.close()
    return { server, mailer: createSmtpMailer({ url: server.url, from }, clock) }
  }
  const begun = async () => {
    try {
      beginning ??= begin()
      return await beginning
    } catch (fault) {
      // The next letter tries again.
      beginning = undefined
      throw fault
    }
  }
  const close = async () => {
    isClosed = true
    const { server, mailer } = (await beginning) ?? {}
    mailer?.close()
    server?.close()
  }

  return {
    mailer: {
      send: async letter => (await begun()).mailer.send(letter),
      // What could not begin is told to whoever sends.
      close: () => void close().catch(() => {}),
    },
    caught: kept,
  }
}

const keepLast = ({ mailsMost, bytesMost }: Bounds): CaughtLetters & { add: (raw: Buffer, at: number) => void } => {
  /** By number, the oldest first. */
  const mails = new Map<number, CaughtLetter>()
  let last = 0
  let bytes = 0

  const forget = (mailId: number): void => {
    bytes -= mails.get(mailId)?.bytes ?? 0
    mails.delete(mailId)
  }

  return {
    add: (raw, at) => {
      last++
      bytes += raw.length
      mails.set(last, { mailId: last, at, bytes: raw.length, ...readMail(raw) })
      for (const mailId of mails.keys()) {
        if (mails.size <= mailsMost && bytes <= bytesMost) break
        forget(mailId)
      }
    },
    newestFirst: (before, limit) =>
      [...mails.values()]
        .filter(({ mailId }) => mailId < before)
        .reverse()
        .slice(0, limit),
    find: mailId => mails.get(mailId),
    forget,
  }
}
