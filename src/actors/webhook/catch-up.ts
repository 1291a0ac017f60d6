/** The effect that reads a log for a webhook which does not take its events as they come: after a replay, or a pause. */
import type { Effect } from '../kernel/actor.ts'
import { askLog } from '../kernel/ask-actor.ts'
import { readEvent } from '../kernel/event.ts'
import { type LogPart, MOST_WAITING } from './delivery-rules.ts'
import type { Tables } from './tables.ts'
import type { CatchingUp } from './webhook-rows.ts'

/** Entries read at once: one entry of ours says what is sent of them, and must stay far below the broker's limit of 1 MB. */
const ENTRIES_AT_ONCE = 500

/** Not before so many fewer wait: else every delivery would be followed by a look at the log. */
const ROOM = MOST_WAITING / 2

/** The effect over `tables`. Where a webhook stands in a log is a row, so a crash goes on where it was. */
export const catchUpEffect = ({ webhooks }: Tables): Effect => ({
  name: 'catch-up',
  atOnce: 2,
  againWithStream: false,
  due: () => ({ keys: webhooks.reading(ROOM).map(keyOf) }),
  carryOut: async (key, { bus }) => {
    const { webhook, source, next: from } = readKey(key)
    const { entries } = await askLog(bus, source, from, ENTRIES_AT_ONCE)
    const events = entries.map(({ body }) => {
      const { seq, type, user } = readEvent(body)
      return { sequence: seq, event_type: type, user }
    })
    const part: LogPart = { webhook_id: webhook, source, from, next: from + entries.length, events }
    return { name: 'TakePart', body: part }
  },
})

const keyOf = ({ webhook, source, next }: CatchingUp): string => `${webhook} ${source} ${next}`

const readKey = (key: string): CatchingUp => {
  const [webhook = '', source = '', next] = key.split(' ')
  return { webhook, source, next: Number(next) }
}
