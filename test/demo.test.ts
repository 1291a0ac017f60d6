/** A demo (`KASSA_DEMO=1`): what is broken by its own endpoints heals, and nobody but this machine may break anything. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { assertRightBooks, type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { BURST_REQUESTS, startBurst } from './order-burst.ts'

const demo = { KASSA_DEMO: '1' }
const HEAL_MS = 20_000

type Step = { type: string; time: string }

describe('a demo', { skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  let kassa: KassaUnderTest
  const customers = customersOf(() => kassa)
  before(async () => {
    kassa = await startKassa({ env: demo })
  })
  after(() => kassa?.stop())

  it('warns at its start', async () => {
    await kassa.said(/Warning: KASSA_DEMO=1: whoever may ask this Kassa may also break it/)
  })

  it('loses nothing and doubles nothing while billing is killed and the stream of the orders is deleted', async () => {
    const burst = await startBurst(() => kassa, 'demo')
    await burst.answered(Math.floor(BURST_REQUESTS / 4))
    const before = kassa.pidOf('billing')
    const killed = await expecting(200, post(kassa.url, '/v1/demo/kill', { actor: 'billing' }))
    assert.deepEqual(killed, { actor: 'billing', pid: before })

    await burst.answered(Math.floor(BURST_REQUESTS / 2))
    const since = kassa.lines.length
    const deleted = post(kassa.url, '/v1/demo/delete-stream', { actor: 'order' })
    const { stream, messages } = await expecting<{ stream: string; messages: number }>(200, deleted)
    assert.equal(stream, 'ORDER_0')
    assert.ok(messages > BURST_REQUESTS / 4, `${messages} messages were deleted`)
    await kassa.said(/"name":"order".*the stream is made and filled from the log/, since)

    await burst.over
    await eventually('billing runs again', HEAL_MS, async () => kassa.pidOf('billing') !== before || undefined)
    await kassa.ready()
    await burst.check()
  })

  it('slows the mail: an order is confirmed as ever, its letters leave later, each once', async () => {
    const slowed = await expecting(200, post(kassa.url, '/v1/demo/slow-mail', { seconds: 60 }))
    assert.deepEqual(slowed, { seconds: 60, each_letter_ms: 2000 })
    const orderId = await customers.order(await customers.join('100'), 1)
    const steps = await eventually('both letters have left', HEAL_MS, async () => {
      const { items } = await expecting<{ items: Step[] }>(200, get(kassa.url, `/v1/orders/${orderId}/timeline`))
      return items.filter(({ type }) => type === 'LetterSent').length === 2 ? items : undefined
    })
    const timesOf = (wanted: string) => steps.filter(({ type }) => type === wanted).map(({ time }) => Date.parse(time))
    const [queued, sent, confirmed] = ['LetterQueued', 'LetterSent', 'OrderConfirmed'].map(timesOf)
    for (const [index, at] of sent!.entries()) assert.ok(at - queued![index]! >= 2000, JSON.stringify(steps))
    assert.ok(confirmed![0]! < sent![0]!, 'no order waits for a letter')
    const { items } = await expecting<{ items: { subject: string }[] }>(200, get(kassa.url, '/v1/mailbox'))
    assert.equal(items.filter(({ subject }) => subject.includes(`#${orderId}`)).length, 2)
  })

  it('leaves the books right', () => assertRightBooks(kassa))
})

describe('a demo of one process', () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa({ env: { ...demo, KASSA_PROCESSES: 'one' } })
  })
  after(() => kassa?.stop())

  it('kills nothing, and says why; streams are deleted and the mail is slowed all the same', async () => {
    const { code, detail } = await expecting<{ code: string; detail: string }>(
      409,
      post(kassa.url, '/v1/demo/kill', { actor: 'billing' }),
    )
    assert.equal(code, 'demo_unavailable')
    assert.match(detail, /billing has no process of its own \(KASSA_PROCESSES=one\)/)
    const { stream } = await expecting<{ stream: string }>(
      200,
      post(kassa.url, '/v1/demo/delete-stream', { actor: 'order' }),
    )
    assert.equal(stream, 'ORDER_0')
    await expecting(200, post(kassa.url, '/v1/demo/slow-mail', { seconds: 1 }))
  })
})

describe('a demo where others could break it', () => {
  const refused: [env: Record<string, string>, why: RegExp][] = [
    [{ KASSA_HOST: '0.0.0.0' }, /Cannot start with KASSA_DEMO=1 and KASSA_HOST=0\.0\.0\.0/],
    [{ KASSA_TRUST_PROXY: 'on' }, /Cannot start with KASSA_DEMO=1 and KASSA_TRUST_PROXY=on/],
    [{ NATS_URL: 'nats://127.0.0.1:1' }, /Cannot start with KASSA_DEMO=1 and NATS_URL/],
  ]
  for (const [env, why] of refused)
    it(`is not started: ${Object.keys(env)}`, async () => {
      const ports = { KASSA_PORT: '0', KASSA_NATS_PORT: '0', KASSA_DATA: newDataDir() }
      const { code, stderr } = await runKassa(['start'], { ...ports, ...demo, ...env })
      assert.equal(code, 78, stderr)
      assert.match(stderr, why)
    })
})
