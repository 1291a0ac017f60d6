/** Faults from outside: streams that go, messages that come twice or in another order, clocks that leap, mail that fails. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { eventually } from '../../test/eventually.ts'
import type { NatsLook, Reachable, StoredMessage } from '../../test/nats-look.ts'
import { publishing, withNats } from './broker-look.ts'
import type { Mood } from './mail.ts'
import { aWhile, type Fault, seconds } from './surroundings.ts'

const LOG_STREAMS = ['ORDER_0', 'BILLING_0', 'NOTIFICATION_0'] as const
const QUEUE = 'COMMANDS'

const streamDeleted: Fault = async surroundings => {
  const stream = surroundings.chance.pick([...LOG_STREAMS, QUEUE])
  await withNats(surroundings.kassa, nats => nats.jetstream.streams.delete(stream))
  if (stream === QUEUE) surroundings.journal.note({ line: 'queue destroyed', at: Date.now() })
  return `stream ${stream} was deleted`
}

const brokerWiped: Fault = async ({ kassa, journal }) => {
  await kassa.signal('supervisor', 'SIGSTOP')
  await kassa.kill9('nats-server')
  rmSync(join(kassa.dataDir, 'nats', 'store'), { recursive: true, force: true })
  journal.note({ line: 'queue destroyed', at: Date.now() })
  await kassa.signal('supervisor', 'SIGCONT')
  return 'the broker’s directory was wiped'
}

const MOST_MESSAGES = 20

/** An idle relay looks every two seconds whether its stream is there; a busy machine may take longer over it. */
const STREAM_MS = 20_000

/** The last few messages of a stream, which the fault before may have taken away. */
const lastOf = async (nats: NatsLook, stream: string, count: number): Promise<StoredMessage[]> => {
  const { state } = await eventually(`stream ${stream} is there`, STREAM_MS, () =>
    nats.jetstream.streams.info(stream).catch(() => undefined),
  )
  const from = Math.max(state.first_seq, state.last_seq - count + 1)
  const numbers = Array.from({ length: state.last_seq - from + 1 }, (_, index) => from + index)
  const found = await Promise.all(numbers.map(seq => nats.jetstream.streams.getMessage(stream, { seq })))
  return found
    .filter(message => message !== null)
    .map(({ seq, subject, header, data }) => {
      const headers = Object.fromEntries(header.keys().map(name => [name, header.get(name)]))
      return { seq, subject, headers, body: Buffer.from(data) }
    })
}

/** Says messages once more as they are; what belongs to the sender's expectations is left out. */
const sayAgain = (kassa: Reachable, messages: StoredMessage[]): Promise<void> =>
  publishing(kassa, connection => {
    for (const { subject, headers, body } of messages) {
      const again = natsHeaders()
      for (const [name, value] of Object.entries(headers)) if (!/^Nats-/i.test(name)) again.append(name, value)
      connection.publish(subject, body, { headers: again })
    }
  })

const saidAgain =
  (isReversed: boolean): Fault =>
  async surroundings => {
    const { kassa, load, chance } = surroundings
    const stream = chance.pick(LOG_STREAMS)
    const count = 2 + chance.integer(MOST_MESSAGES)
    const messages = await withNats(kassa, nats => lastOf(nats, stream, count))
    await sayAgain(kassa, isReversed ? messages.reverse() : messages)
    const { wishes } = await load.queueThree(isReversed)
    if (!isReversed) await queueAgain(kassa, wishes)
    const how = isReversed
      ? 'in reverse, and commands queued from the last to the first'
      : 'once more, and queued commands'
    return `the last ${messages.length} messages of ${stream} ${how}`
  }

const OWNERS: Record<string, string> = { RegisterUser: 'order', PlaceOrder: 'order', Withdraw: 'billing' }

/** The same commands straight to the queue, under the ids that they had: once with and once without the broker's help. */
const queueAgain = (
  kassa: Reachable,
  wishes: { command: string; key: string | null; body: Record<string, unknown> }[],
): Promise<void> =>
  publishing(kassa, connection => {
    for (const { command, key, body } of wishes) {
      const again = natsHeaders()
      again.set('Nats-Msg-Id', `-/${command}/${key}`)
      again.set('Idempotency-Key', String(key))
      connection.publish(`${OWNERS[command]}.0.queue.${command}`, JSON.stringify(body), { headers: again })
    }
  })

/** Seconds; none so far that what was put off for a while would be given up. */
const LEAPS = [-86_400, -3600, -60, 60, 3600] as const

const clockLeap: Fault = async ({ kassa, chance }) => {
  const leap = chance.pick(LEAPS)
  const ms = aWhile(chance, 500, 4000)
  kassa.setClock(leap * 1000)
  await sleep(ms)
  kassa.setClock(0)
  return `the clock leapt by ${leap} s, and back after ${seconds(ms)}`
}

const mailFault =
  (mood: Mood): Fault =>
  async ({ mail, chance }) => {
    const ms = aWhile(chance, 1000, 4000)
    await mail!.setMood(mood)
    await sleep(ms)
    await mail!.setMood('well')
    return `the mail server was ${mood} for ${seconds(ms)}`
  }

export const FAULTS_OUTSIDE = {
  'a stream deleted': streamDeleted,
  'the broker’s directory wiped': brokerWiped,
  'duplicates on the bus': saidAgain(false),
  'reordering on the bus': saidAgain(true),
  'a leap of the clock': clockLeap,
} satisfies Record<string, Fault>

export const FAULTS_OF_MAIL = {
  'mail server down': mailFault('down'),
  'mail server slow': mailFault('slow'),
  'mail server refusing': mailFault('refusing'),
  'mail server dropping after the data': mailFault('dropping'),
} satisfies Record<string, Fault>
