/** The keeper makes what our own code makes, and nothing by which the broker would read or publish for somebody. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamConfig } from '@nats-io/jetstream'
import { refusalOf, type Wish } from './keeper-rules.ts'
import {
  commandsConfig,
  followConfig,
  logStreamConfig,
  publicConsumerConfig,
  queueConsumerConfig,
  queueSubjects,
} from './streams.ts'

const ORDER = { actor: 'order', cell: 0 }
const BILLING = { actor: 'billing', cell: 0 }
const addresses = [ORDER, BILLING]

const there: Record<string, StreamConfig> = {
  // As a broker echoes it: with settings that we do not name, and a limit of somebody's.
  ORDER_0: {
    ...logStreamConfig(ORDER, true),
    max_age: 3_600,
    discard: 'old',
    description: 'of before',
  } as StreamConfig,
  COMMANDS: { ...commandsConfig([ORDER]), max_msgs: -1 } as StreamConfig,
}
const refused = (what: string, body: unknown, user = 'order-0') =>
  refusalOf({ user, what, body } satisfies Wish, { addresses, there: async stream => there[stream] })

const follower = (changes: object = {}) => ({
  stream_name: 'BILLING_0',
  config: {
    ...followConfig({ name: 'order-0-1-ab', reader: 'order/0', inbox: '_INBOX_order-0.x', from: 1, heartbeatMs: 500 }),
    ...changes,
  },
  action: 'create',
})
const durable = (changes: object = {}) => ({
  stream_name: 'ORDER_0',
  config: { ...publicConsumerConfig(ORDER, 'new_users', 'order.0.event.UserCreated.>'), ...changes },
})

describe('the keeper', () => {
  const allowed: [string, string, unknown][] = [
    ['makes a log stream', 'STREAM.CREATE.ORDER_0', logStreamConfig(ORDER, false)],
    ['makes one without an fsync a message', 'STREAM.CREATE.ORDER_0', logStreamConfig(ORDER, true)],
    [
      'describes a stream anew',
      'STREAM.UPDATE.ORDER_0',
      { ...there.ORDER_0, description: 'now', metadata: { a: 'b' } },
    ],
    ['makes the queue', 'STREAM.CREATE.COMMANDS', commandsConfig(addresses)],
    [
      'lets the queue take commands of one actor more',
      'STREAM.UPDATE.COMMANDS',
      { ...there.COMMANDS, subjects: addresses.map(queueSubjects) },
    ],
    ['makes the consumer of a reader', 'CONSUMER.CREATE.BILLING_0.order-0-1-ab', follower()],
    ['removes one', 'CONSUMER.DELETE.BILLING_0.order-0-1-ab', undefined],
    [
      'makes the consumer of the queue',
      'CONSUMER.DURABLE.CREATE.COMMANDS.order-0',
      { stream_name: 'COMMANDS', config: queueConsumerConfig(ORDER) },
    ],
    ['makes a consumer for anybody', 'CONSUMER.DURABLE.CREATE.ORDER_0.new_users', durable()],
  ]
  for (const [name, what, body] of allowed)
    it(name, async () => assert.equal(await refused(what, JSON.parse(JSON.stringify(body ?? null))), undefined))

  const log = logStreamConfig(ORDER, false)
  const forbidden: [string, string, unknown][] = [
    ['copies no other stream', 'STREAM.CREATE.ORDER_0', { ...log, sources: [{ name: 'BILLING_0' }] }],
    ['mirrors none', 'STREAM.CREATE.ORDER_0', { ...log, subjects: undefined, mirror: { name: 'BILLING_0' } }],
    [
      'publishes nothing again',
      'STREAM.CREATE.ORDER_0',
      { ...log, republish: { src: '>', dest: 'billing.0.command.>' } },
    ],
    ['takes no subjects of others', 'STREAM.CREATE.ORDER_0', { ...log, subjects: ['billing.0.event.>'] }],
    ['makes no stream under another’s subject', 'STREAM.CREATE.ORDER_0', logStreamConfig(BILLING, false)],
    ['makes none that is not ours', 'STREAM.CREATE.THIEF', { ...log, name: 'THIEF' }],
    [
      'makes no queue for cells that there are not',
      'STREAM.CREATE.COMMANDS',
      commandsConfig([{ actor: 'order', cell: 1 }]),
    ],
    [
      'changes no stream to publish again',
      'STREAM.UPDATE.ORDER_0',
      { ...there.ORDER_0, republish: { src: '>', dest: 'billing.0.command.>' } },
    ],
    ['changes no limit', 'STREAM.UPDATE.ORDER_0', { ...there.ORDER_0, max_age: 1 }],
    ['lets the queue take no events', 'STREAM.UPDATE.COMMANDS', { ...there.COMMANDS, subjects: ['*.*.event.>'] }],
    ['changes no stream that is not there', 'STREAM.UPDATE.BILLING_0', logStreamConfig(BILLING, false)],
    [
      'delivers to no subject but an inbox of who asks',
      'CONSUMER.CREATE.BILLING_0.order-0-1-ab',
      follower({ deliver_subject: 'billing.0.command.PutMoney' }),
    ],
    [
      'delivers to no inbox of another',
      'CONSUMER.CREATE.BILLING_0.order-0-1-ab',
      follower({ deliver_subject: '_INBOX_gateway.x' }),
    ],
    [
      'delivers to no inbox of a user whose name begins alike',
      'CONSUMER.CREATE.BILLING_0.order-0-1-ab',
      follower({ deliver_subject: '_INBOX_order-01.x' }),
    ],
    [
      'makes no reader under the name of another',
      'CONSUMER.CREATE.BILLING_0.billing-0-1',
      follower({ name: 'billing-0-1' }),
    ],
    ['removes none of another', 'CONSUMER.DELETE.BILLING_0.billing-0-1', undefined],
    ['makes no reader of another stream than the one asked for', 'CONSUMER.CREATE.ORDER_0.order-0-1-ab', follower()],
    [
      'makes no durable consumer that delivers by itself',
      'CONSUMER.DURABLE.CREATE.ORDER_0.new_users',
      durable({ deliver_subject: 'billing.0.queue.PutMoney' }),
    ],
    [
      'makes none of the queue for other commands',
      'CONSUMER.DURABLE.CREATE.COMMANDS.order-0',
      { stream_name: 'COMMANDS', config: { ...queueConsumerConfig(ORDER), filter_subject: 'billing.0.queue.*' } },
    ],
    [
      'takes no second configuration that only the broker would see',
      'CONSUMER.CREATE.BILLING_0.order-0-1-ab',
      { ...follower(), Config: { deliver_subject: 'billing.0.command.PutMoney' } },
    ],
    [
      'takes no field of another case that only the broker would see',
      'STREAM.CREATE.ORDER_0',
      { ...log, Republish: { src: '>', dest: 'billing.0.command.>' } },
    ],
    ['does nothing else', 'STREAM.DELETE.ORDER_0', { name: 'ORDER_0' }],
  ]
  for (const [name, what, body] of forbidden)
    it(name, async () => assert.equal(typeof (await refused(what, JSON.parse(JSON.stringify(body ?? null)))), 'string'))
})
