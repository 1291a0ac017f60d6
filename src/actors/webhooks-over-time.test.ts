/** Webhooks over hours and days: how long a delivery is tried, what a dead receiver costs, and what a kill leaves. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFINITIONS } from './definitions.ts'
import { TEST_SETTINGS } from './kernel/test-core.ts'
import { createWebhookBench } from './test-webhook-bench.ts'
import { verifyStore } from './verify-store.ts'
import { signatureOf } from './webhook/signature.ts'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

type Bench = ReturnType<typeof createWebhookBench>

const isWhole = ({ disk }: Bench): void =>
  assert.deepEqual(
    verifyStore(DEFINITIONS.webhook, { actor: 'webhook', cell: 0 }, disk.store, TEST_SETTINGS).faults,
    [],
  )

describe('a receiver that takes nothing', () => {
  it('gets the first of a user again ever later for three days, under the same id, and nothing after it', async () => {
    const bench = createWebhookBench(() => 'ECONNREFUSED')
    const first = bench.hear('UserCreated', '7')
    bench.hear('OrderCreated', '7')
    await bench.clock.advance(5 * DAY_MS)
    assert.deepEqual(bench.numbers(), Array(10).fill(first))
    const begun = bench.received[0]?.at ?? 0
    const pauses = bench.received.map(({ at }) => (at - begun) / SECOND_MS)
    const least = [0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105]
    for (const [index, start] of least.entries())
      assert.ok(
        (pauses[index] ?? 0) >= start && (pauses[index] ?? 0) <= start * 1.25 + 10,
        `${index}: ${pauses[index]}`,
      )
    // Each attempt is signed with its own time.
    assert.equal(new Set(bench.received.map(({ message }) => message.headers['webhook-timestamp'])).size, 10)
    assert.equal(new Set(bench.received.map(({ message }) => message.body)).size, 1)
  })

  it('is disabled then, and gets everything in order when it is enabled', async () => {
    const bench = createWebhookBench(() => 500)
    const numbers = [bench.hear('UserCreated', '7'), bench.hear('OrderCreated', '7')]
    await bench.clock.advance(5 * DAY_MS)
    const { status, reason, waiting, last_error } = bench.webhook()
    assert.deepEqual([status, reason, waiting, last_error], ['Disabled', 'failing', 2, '500'])
    assert.equal(bench.types().filter(type => type === 'WebhookDisabled').length, 1)

    numbers.push(bench.hear('OrderConfirmed', '7'))
    const before = bench.received.length
    bench.answer(() => 200)
    bench.command('ChangeWebhook', { status: 'Enabled' })
    await bench.clock.advance(10 * SECOND_MS)
    assert.deepEqual(bench.numbers().slice(before), numbers)
    isWhole(bench)
  })

  it('any more (410) is left alone at once', async () => {
    const bench = createWebhookBench(() => 410)
    bench.hear('UserCreated', '7')
    await bench.clock.advance(DAY_MS)
    const { status, reason, waiting } = bench.webhook()
    assert.deepEqual([status, reason, waiting, bench.received.length], ['Disabled', 'gone', 1, 1])
  })

  it('gets one attempt at a time, whoever waits, and none of them is lost', async () => {
    let underWay = 0
    let most = 0
    const bench = createWebhookBench(async () => {
      underWay++
      await new Promise<void>(resolve => void bench.clock.after(10 * SECOND_MS, resolve))
      underWay--
      return 500
    })
    for (let user = 1; user <= 50; user++) bench.hear('UserCreated', String(user))
    await bench.clock.advance(60 * SECOND_MS)
    const early = bench.received.length
    for (let second = 0; second < 600; second++) {
      await bench.clock.advance(SECOND_MS)
      most = Math.max(most, underWay)
    }
    assert.ok(early < 20)
    assert.equal(most, 1)
    bench.answer(() => 200)
    await bench.clock.advance(2 * DAY_MS)
    assert.equal(bench.webhook().waiting, 0)
    isWhole(bench)
  })
})

describe('a webhook whose keys were lost', () => {
  it('is disabled; with its URL told anew and a new secret it goes on', async () => {
    const bench = createWebhookBench(() => 200)
    bench.kill()
    bench.disk.keys.exec('DELETE FROM keys')
    bench.start()
    const number = bench.hear('UserCreated', '7')
    await bench.clock.advance(SECOND_MS)
    assert.deepEqual([bench.webhook().reason, bench.webhook().url], ['unreadable', ''])
    bench.command('ChangeWebhook', { url: 'https://again.example.com/' })
    bench.command('RotateSecret')
    bench.command('ChangeWebhook', { status: 'Enabled' })
    await bench.clock.advance(SECOND_MS)
    assert.deepEqual([bench.numbers(), bench.received[0]?.url], [[number], 'https://again.example.com/'])
  })
})

describe('an event that a receiver never takes', () => {
  it('is given up after three days, and what follows it for this user goes on: it waits no longer', async () => {
    const bench = createWebhookBench(({ type }) => (type === 'UserCreated' ? 400 : 200))
    const poison = bench.hear('UserCreated', '7')
    const next = bench.hear('OrderCreated', '7')
    await bench.clock.advance(2 * DAY_MS)
    const others = [bench.hear('OrderCreated', '8')]
    await bench.clock.advance(0)
    assert.deepEqual([...new Set(bench.numbers())], [poison, ...others])
    await bench.clock.advance(3 * DAY_MS)
    assert.deepEqual([...new Set(bench.numbers())], [poison, ...others, next])
    const [failed] = bench.deliveries('Failed')
    assert.deepEqual([failed?.type, failed?.attempts, failed?.last_answer], ['UserCreated', 10, '400'])
    assert.equal(bench.webhook().status, 'Enabled')

    bench.answer(() => 200)
    bench.command('RetryDelivery', { delivery_id: failed?.delivery_id })
    await bench.clock.advance(SECOND_MS)
    assert.deepEqual([bench.numbers().at(-1), bench.deliveries('Failed').length], [poison, 0])
    isWhole(bench)
  })
})

describe('a secret that is rotated', () => {
  it('signs for a day more, beside the new one', async () => {
    const bench = createWebhookBench(() => 200)
    const { secret: old } = bench.command<{ secret: string }>('RotateSecret')
    const { secret } = bench.command<{ secret: string }>('RotateSecret')
    assert.notEqual(secret, old)
    bench.hear('UserCreated', '7')
    await bench.clock.advance(DAY_MS + 2 * SECOND_MS)
    bench.hear('UserCreated', '8')
    await bench.clock.advance(0)
    const signed = bench.received.map(({ id, message: { headers, body } }) => ({
      signature: headers['webhook-signature'],
      by: (secrets: string[]) => signatureOf(secrets, { id, timestamp: Number(headers['webhook-timestamp']), body }),
    }))
    assert.equal(signed[0]?.signature, signed[0]?.by([secret, old]))
    assert.equal(signed[1]?.signature, signed[1]?.by([secret]))
  })
})

describe('a webhook actor that is killed', () => {
  it('at any moment sends every event, each user’s in order, under one id each', async () => {
    const bench = createWebhookBench(async () => {
      await new Promise<void>(resolve => void bench.clock.after(20, resolve))
      return 200
    })
    for (let round = 0; round < 100; round++) {
      for (const user of ['7', '8', '9']) bench.hear('OrderCreated', user)
      await bench.clock.advance(7 + (round % 30))
      bench.kill()
      bench.start()
    }
    await bench.clock.advance(HOUR_MS)
    assert.equal(new Set(bench.numbers()).size, 300)
    for (const user of ['7', '8', '9']) {
      const firsts = [...new Set(bench.received.filter(one => one.user === user).map(({ id }) => id))]
      const order = firsts.map(id => Number(id.split('-')[3]))
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      )
    }
    assert.equal(bench.webhook().waiting, 0)
    isWhole(bench)
  })

  it('in the middle of a replay goes on where it was', async () => {
    const bench = createWebhookBench(() => 200)
    for (let count = 0; count < 1200; count++) bench.hear('OrderCreated', String(count % 40))
    await bench.clock.advance(SECOND_MS)
    const before = bench.received.length
    bench.command('ReplayWebhook', { from: { [bench.source]: 101 } })
    bench.kill()
    bench.start()
    await bench.clock.advance(SECOND_MS)
    assert.equal(before, 1200)
    assert.equal(new Set(bench.numbers().slice(before)).size, 1100)
    assert.deepEqual(bench.webhook().catching_up, {})
    isWhole(bench)
  })
})

describe('a webhook with more to send than may wait', () => {
  it('reads the rest from the log when there is room again: nothing is lost, each user’s order holds', async () => {
    const bench = createWebhookBench(() => 'ECONNREFUSED')
    for (let count = 0; count < 10_500; count++) bench.hear('OrderCreated', String(count % 7))
    assert.equal(bench.webhook().waiting, 10_000)
    assert.deepEqual(bench.webhook().catching_up, { [bench.source]: 10_001 })
    bench.answer(() => 200)
    await bench.clock.advance(HOUR_MS)
    bench.hear('OrderCreated', '1')
    await bench.clock.advance(SECOND_MS)
    assert.equal(new Set(bench.numbers()).size, 10_501)
    for (const user of ['0', '6']) {
      const firsts = [...new Set(bench.received.filter(one => one.user === user).map(({ id }) => id))]
      const order = firsts.map(id => Number(id.split('-')[3]))
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      )
    }
    assert.deepEqual(bench.webhook().catching_up, {})
  })
})
