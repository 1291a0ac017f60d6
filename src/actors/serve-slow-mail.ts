/** The breakage of a demo that is the notification actor's: its mail is slowed. */
import type { Bus } from '../bus/bus.ts'
import { serveBreakage } from '../bus/serve-breakage.ts'
import { MAIL_SENDER } from '../bus/subjects.ts'
import type { Log } from '../log.ts'
import { EACH_LETTER_MS, type SlowMailer } from '../mail/slow-mailer.ts'

/** Answers on `bus` for as long as it is open. */
export const serveSlowMail = (bus: Bus, mailer: SlowMailer, log: Pick<Log, 'warn' | 'error'>): void => {
  const slow = ({ seconds }: Record<string, unknown>) => {
    mailer.slow(Number(seconds) * 1_000)
    log.warn({}, 'the mail is slow for a while, on purpose, in a demo')
    return { reply: { seconds, each_letter_ms: EACH_LETTER_MS } }
  }
  serveBreakage(bus, MAIL_SENDER, 'SlowMail', slow, error => log.error({ err: error }, 'the mail could not be slowed'))
}
