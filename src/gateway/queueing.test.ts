/** Commands that are accepted for later. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fingerprintOf } from '../bus/command-id.ts'
import type { ProblemDocument } from '../bus/problem.ts'
import { no, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const WITHDRAW = { order_id: 'o1', amount: '100.00' }
// What the contract reads: the id as text, the amount in minor units.
const fingerprint = fingerprintOf({ order_id: 'o1', amount: 10_000 })
const withKey = { 'idempotency-key': 'k' }
const OTHER = { order_id: 'o1', amount: 7 }

const receipt = async (response: Response) => [
  response.status,
  await response.json(),
  response.headers.get('idempotent-replayed'),
]
const ACCEPTED = [202, { accepted: true, id: 'k' }, null]
const REPLAYED = [202, { accepted: true, id: 'k' }, 'true']

suite('a queued command', () => {
  test('is accepted under the key of the client', async () => {
    const { bus, post } = createTestGateway()
    assert.deepEqual(await receipt(await post('/mq/withdrawals', WITHDRAW, withKey)), ACCEPTED)
    assert.equal(bus.sent[0]?.id, '-/Withdraw/k')
    assert.equal(bus.sent[0]?.headers['Idempotency-Key'], 'k')
    assert.deepEqual(bus.askedFor('FindReply')[0]?.body, { command_id: '-/Withdraw/k', fingerprint })
  })

  test('is a replay when its owner has handled the same under this key', async () => {
    const { bus, post } = createTestGateway({ FindReply: yes({ found: true, same: true }) })
    assert.deepEqual(await receipt(await post('/mq/withdrawals', WITHDRAW, withKey)), REPLAYED)
    assert.equal(bus.sent.length, 0)
  })

  test('is 422 when its owner has handled something else under this key', async () => {
    const { bus, post } = createTestGateway({ FindReply: yes({ found: true, same: false }) })
    const response = await post('/mq/withdrawals', WITHDRAW, withKey)
    assert.equal(response.status, 422)
    assert.equal(((await response.json()) as ProblemDocument).code, 'idempotency_key_reused')
    assert.equal(bus.sent.length, 0)
  })

  test('is a replay while the same still waits in the queue, however it is written', async () => {
    const { bus, send, post } = createTestGateway()
    await post('/mq/withdrawals', WITHDRAW, withKey)
    const again = await send('POST', '/mq/withdrawals/', {
      text: '{"amount":100.0,"order_id":"o1",}',
      headers: withKey,
    })
    assert.deepEqual(await receipt(again), REPLAYED)
    assert.equal(bus.sent.length, 1)
  })

  test('is 422 while something else waits in the queue under this key', async () => {
    const { bus, post } = createTestGateway()
    await post('/mq/withdrawals', WITHDRAW, withKey)
    assert.equal((await post('/mq/withdrawals', OTHER, withKey)).status, 422)
    assert.equal(bus.sent.length, 1)
  })

  test('asks its owner again when what waited was worked off in the meantime', async () => {
    const { bus, post } = createTestGateway()
    await post('/mq/withdrawals', WITHDRAW, withKey)
    bus.queue.get = async () => undefined
    const unknown = yes({ found: false, same: null })
    bus.script.FindReply = [unknown, unknown, yes({ found: true, same: true })]
    assert.deepEqual(await receipt(await post('/mq/withdrawals', WITHDRAW, withKey)), REPLAYED)
  })

  test('is 422 when what was worked off in the meantime was something else', async () => {
    const { bus, post } = createTestGateway()
    await post('/mq/withdrawals', WITHDRAW, withKey)
    bus.queue.get = async () => undefined
    const unknown = yes({ found: false, same: null })
    bus.script.FindReply = [unknown, unknown, yes({ found: true, same: false })]
    assert.equal((await post('/mq/withdrawals', OTHER, withKey)).status, 422)
  })

  test('asks its owner when another command waits under that number: the queue was made again', async () => {
    const { bus, post } = createTestGateway()
    await post('/mq/withdrawals', WITHDRAW, withKey)
    const { get } = bus.queue
    bus.queue.get = async seq => {
      const waiting = await get(seq)
      return (
        waiting && { ...waiting, headers: { ...waiting.headers, 'Nats-Msg-Id': 'another' }, body: Buffer.from('{}') }
      )
    }
    const unknown = yes({ found: false, same: null })
    bus.script.FindReply = [unknown, unknown, yes({ found: true, same: true })]
    assert.deepEqual(await receipt(await post('/mq/withdrawals', WITHDRAW, withKey)), REPLAYED)
  })

  test('is taken while its owner is down', async () => {
    const { clock, bus, post } = createTestGateway({ FindReply: 'silence' })
    assert.deepEqual(await receipt(await post('/mq/withdrawals', WITHDRAW, withKey)), ACCEPTED)
    assert.equal(bus.sent.length, 1)
    assert.ok(clock.monotonic() < 600)
  })

  test('is sent again with the same id while the broker is down', async () => {
    const { bus, post } = createTestGateway()
    bus.queueDown = 3
    const response = await post('/mq/withdrawals', WITHDRAW)
    const { id } = (await response.json()) as { id: string }
    assert.equal(response.status, 202)
    assert.equal(bus.sent[0]?.id, `-/Withdraw/${id}`)
    assert.equal(bus.asked.length, 0)
  })

  test('is 503 with its key when the broker does not come back', async () => {
    const { bus, post } = createTestGateway()
    bus.queueDown = Number.POSITIVE_INFINITY
    const response = await post('/mq/withdrawals', WITHDRAW)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '1')
    assert.match(response.headers.get('idempotency-key') ?? '', /^[0-9a-f-]{36}$/)
  })

  test('that is refused later has no reader for the refusal: the owner is not asked', async () => {
    const { post } = createTestGateway({ Withdraw: no('order_not_found') })
    assert.equal((await post('/mq/withdrawals', WITHDRAW)).status, 202)
  })
})
