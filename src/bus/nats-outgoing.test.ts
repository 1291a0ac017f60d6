/** What is published in one turn of the event loop leaves in one write, in its order. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NatsConnection } from '@nats-io/transport-node'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { silentLog } from './bus-log.ts'
import { toNats } from './nats-headers.ts'
import { createOutgoing } from './nats-outgoing.ts'

const createBench = () => {
  const sent: string[] = []
  const warnings: string[] = []
  const connection = {
    info: { max_payload: 2_000_000 },
    publish: (subject: string, body: Uint8Array) => {
      if (subject === 'closed') throw new Error('the connection is closed')
      sent.push(`${subject} ${Buffer.from(body)}`)
    },
  }
  const clock = createVirtualClock({ start: 0 })
  let connected = true
  const log = { ...silentLog, warn: (_: object, text: string) => void warnings.push(text) }
  const outgoing = createOutgoing(connection as unknown as NatsConnection, clock, () => connected, log)
  const publish = (subject: string, text = '') => outgoing.publish({ subject, body: Buffer.from(text) })
  return { sent, warnings, clock, outgoing, publish, disconnect: () => (connected = false) }
}

describe('what is published', () => {
  it('waits for the next turn of the event loop, and leaves in its order', async () => {
    const { sent, clock, publish } = createBench()
    publish('a', '1')
    publish('b', '2')
    assert.deepEqual(sent, [])
    await clock.advance(0)
    assert.deepEqual(sent, ['a 1', 'b 2'])
    publish('c', '3')
    await clock.advance(0)
    assert.deepEqual(sent, ['a 1', 'b 2', 'c 3'])
  })

  it('does not wait when it is much', () => {
    const { sent, publish } = createBench()
    publish('a', 'x'.repeat(600_000))
    assert.equal(sent.length, 0)
    publish('b', 'x'.repeat(600_000))
    assert.equal(sent.length, 2)
  })

  it('is sent at once when somebody ends', () => {
    const { sent, outgoing, publish } = createBench()
    publish('a', '1')
    outgoing.flush()
    assert.deepEqual(sent, ['a 1'])
  })

  it('is dropped where there is no connection by then: it would be sent when nobody means it any more', async () => {
    const { sent, clock, publish, disconnect } = createBench()
    publish('a', '1')
    disconnect()
    await clock.advance(0)
    assert.deepEqual(sent, [])
  })

  it('is told to the log where the connection does not take it, and what follows leaves', async () => {
    const { sent, warnings, clock, publish } = createBench()
    publish('closed', '1')
    publish('a', '2')
    await clock.advance(0)
    assert.deepEqual(sent, ['a 2'])
    assert.deepEqual(warnings, ['a message could not be sent'])
  })

  it('can be refused at once: blanks in the subject, more bytes than the broker takes', () => {
    const { publish, outgoing } = createBench()
    for (const subject of ['', 'a b', 'a\n']) assert.throws(() => publish(subject), /it is empty or has blanks/)
    assert.throws(() => publish('a', 'x'.repeat(2_000_001)), /2000001 bytes are more than the broker's 2000000/)
    const headers = toNats([['Name', 'x'.repeat(2_000_000)]])
    assert.throws(() => outgoing.publish({ subject: 'a', body: Buffer.alloc(0), headers }), /more than the broker's/)
  })
})
