/** Says in the log when the mail server does not take letters, and when it does again; without addresses. */
import type { Mailer } from '../actors/notification/mailer.ts'
import type { Clock } from '../world/clock.ts'

/** The same reason is said once in so long, however many letters wait. */
const SAY_AGAIN_MS = 3_600_000

type Say = (facts: object, text: string) => void

/** The same mailer, whose refusals somebody hears of. */
export const withRefusalsInTheLog = (mailer: Mailer, log: { info: Say; warn: Say }, clock: Clock): Mailer => {
  const said = new Map<string, number>()
  let isOut = false

  const isNew = (reason: string): boolean => {
    const now = clock.monotonic()
    if (now - (said.get(reason) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return false
    said.set(reason, now)
    return true
  }

  return {
    send: async letter => {
      const delivery = await mailer.send(letter)
      if (delivery.outcome === 'sent') {
        if (isOut) log.info({}, 'the mail server takes letters again')
        isOut = false
      } else if (isNew(delivery.error)) {
        const isForGood = delivery.outcome === 'never'
        log.warn(
          { reason: delivery.error },
          isForGood
            ? 'the mail server refused a letter for good'
            : 'the mail server did not take a letter; it is tried again',
        )
        isOut ||= !isForGood
      }
      return delivery
    },
    close: mailer.close,
  }
}
