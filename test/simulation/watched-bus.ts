/** The bus of a process, watched for the rare things that happen on it. */
import { type Bus, StreamConflict } from '../../src/bus/bus.ts'
import type { Clock } from '../../src/world/clock.ts'
import { sendNumberOf } from './queue-senders.ts'
import type { World } from './world.ts'

/** A refusal is a question, and is asked at once: an idle look would come up to two seconds later (protocol, R4). */
const LOOK_WITHIN_MS = 1000

/** Entries that came by asking for them, and what that is called. */
const ENTRIES_OF = [
  ['.query.ReadLog', 'read from the source'],
  ['.query.ReadCopies', 'healed from a reader'],
] as const

const hasEntries = (body: Uint8Array): boolean =>
  (JSON.parse(Buffer.from(body).toString('utf8')) as { entries: unknown[] }).entries.length > 0

/** `bus` of a process, with what is rare counted. `clock` ends with the process; `isOpen` and `isAtEnd` tell of it. */
export const watchBus = (
  bus: Bus,
  { count, trace, delivered, deletesUnderWay, violation }: World,
  { clock, isOpen, isAtEnd }: { clock: Clock; isOpen: () => boolean; isAtEnd: () => boolean },
): Bus => ({
  ...bus,
  request: async (subject, body, options) => {
    if (subject.endsWith('.query.Cursor') && isOpen()) count('witness silent at the start')
    const reply = await bus.request(subject, body, options)
    const isYes = reply.headers['Nats-Service-Error-Code'] === undefined
    for (const [query, path] of ENTRIES_OF) if (isYes && subject.endsWith(query) && hasEntries(reply.body)) count(path)
    return reply
  },
  queue: {
    ...bus.queue,
    work: (address, deliver) =>
      bus.queue.work(address, command => {
        const id = command.headers['Nats-Msg-Id'] ?? command.fallbackId
        if (delivered.has(id)) count('queued again')
        delivered.set(id, sendNumberOf(command.headers))
        deliver(command)
      }),
  },
  logStream: address => {
    const stream = bus.logStream(address)
    let looks = 0
    return {
      ...stream,
      create: async () => {
        await stream.create()
        deletesUnderWay.delete(address.actor)
      },
      delete: async () => {
        deletesUnderWay.add(address.actor)
        await stream.delete()
        deletesUnderWay.delete(address.actor)
      },
      look: () => {
        looks++
        return stream.look()
      },
      append: async (entries, previous) => {
        try {
          await stream.append(entries, previous)
        } catch (error) {
          if (error instanceof StreamConflict) {
            count('append refused')
            trace.say(`${address.actor}/${address.cell}`, error.message)
            const before = looks
            clock.after(LOOK_WITHIN_MS, () => {
              if (looks === before && !isAtEnd())
                violation(`${address.actor} was refused, and did not look at its stream within ${LOOK_WITHIN_MS} ms`)
            })
          }
          throw error
        }
      },
    }
  },
})
