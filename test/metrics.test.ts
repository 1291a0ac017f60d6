/** `/metrics` of a whole Kassa: every name is there, and what the figures say is what has happened. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { type Exposed, readExposition } from './exposition.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const COME_MS = 60_000
const ORDERS = 7

/** By name, its type. Dashboards of others rest on them: to change this list is to break those. */
const NAMES = {
  kassa_build_info: 'gauge',
  kassa_up: 'gauge',
  kassa_http_requests_total: 'counter',
  kassa_http_request_duration_seconds: 'histogram',
  kassa_http_requests_in_flight: 'gauge',
  kassa_open: 'gauge',
  kassa_turn_messages: 'histogram',
  kassa_turn_duration_seconds: 'histogram',
  kassa_commit_duration_seconds: 'histogram',
  kassa_mailbox_messages: 'gauge',
  kassa_mailbox_dropped_total: 'counter',
  kassa_log_entries: 'gauge',
  kassa_relay_lag_entries: 'gauge',
  kassa_reader_lag_entries: 'gauge',
  kassa_events_total: 'counter',
  kassa_commands_waiting: 'gauge',
  kassa_dead_letters_total: 'counter',
  kassa_dead_letters_waiting: 'gauge',
  kassa_bus_requests_total: 'counter',
  kassa_bus_request_errors_total: 'counter',
  kassa_bus_request_seconds_total: 'counter',
  kassa_orders_total: 'counter',
  kassa_orders_pending: 'gauge',
  kassa_letters_total: 'counter',
  kassa_letters_queued: 'gauge',
  kassa_process_start_time_seconds: 'gauge',
  kassa_process_restarts_total: 'counter',
  kassa_process_cpu_seconds_total: 'counter',
  kassa_process_resident_memory_bytes: 'gauge',
  kassa_process_heap_used_bytes: 'gauge',
  kassa_event_loop_delay_seconds: 'histogram',
}

describe('/metrics', { timeout: 300_000 }, () => {
  let kassa: KassaUnderTest
  let nats: NatsLook
  let user: number

  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${kassa.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    return (await response.json()) as Record<string, unknown>
  }
  const read = async (): Promise<Exposed> => {
    const response = await fetch(`${kassa.url}/metrics`)
    assert.equal(response.status, 200)
    return readExposition(await response.text())
  }
  /** Resolves when a figure has come to `value`; what it was last is in the error. */
  const comesTo = async (value: number, name: string, labels: Record<string, string>): Promise<void> => {
    let last: number | undefined
    const look = async () => {
      last = (await read()).value(name, labels)
      return last === value || undefined
    }
    await eventually(`${name} comes to ${value}`, COME_MS, look).catch(fault => {
      throw new Error(`${String(fault)}; it is ${last}`)
    })
  }

  before(async () => {
    kassa = await startKassa()
    nats = await lookAt(kassa)
    const made = await post('/user/create', { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' })
    user = Number(made.user_id)
    await post('/money/put', { user_id: user, amount: '500' })
  })
  after(async () => {
    await nats?.close()
    await kassa?.stop()
  })

  it('has all names, each with its type', async () => {
    const { types } = await read()
    assert.deepEqual(Object.fromEntries([...types].sort()), Object.fromEntries(Object.entries(NAMES).sort()))
  })

  it('counts orders and what became of them, their letters, requests and commits', async () => {
    const before = await read()
    for (let time = 0; time < ORDERS; time++)
      await post('/orders/create', { user_id: user, product_id: '12345', quantity: 1 })
    // 100 each, and 500 there: five are paid.
    await comesTo(5, 'kassa_orders_total', { process: 'order', outcome: 'confirmed' })
    await comesTo(2, 'kassa_orders_total', { process: 'order', outcome: 'rejected' })
    await comesTo(2 * ORDERS, 'kassa_letters_total', { process: 'notification', status: 'sent' })
    await comesTo(0, 'kassa_relay_lag_entries', { process: 'notification' })

    const now = await read()
    const order = { process: 'order' }
    assert.equal(now.value('kassa_orders_total', { ...order, outcome: 'created' }), ORDERS)
    assert.equal(now.value('kassa_orders_total', { ...order, outcome: 'cancelled' }), 0)
    assert.equal(now.value('kassa_orders_pending', order), 0)
    assert.equal(now.value('kassa_letters_queued', { process: 'notification' }), 0)
    assert.equal(now.value('kassa_events_total', { process: 'billing', type: 'MoneyWithdrawn' }), 5)
    const route = { process: 'gateway', method: 'POST', route: '/orders/create' }
    assert.equal(now.value('kassa_http_requests_total', { ...route, status: '201' }), ORDERS)
    assert.equal(now.value('kassa_http_request_duration_seconds_count', route), ORDERS)
    assert.equal(now.value('kassa_bus_requests_total', { ...order, endpoint: 'CreateOrder' }), ORDERS)
    assert.equal(now.value('kassa_bus_request_errors_total', { ...order, endpoint: 'CreateOrder' }), 0)
    const entries = Number(now.value('kassa_log_entries', order)) - Number(before.value('kassa_log_entries', order))
    assert.equal(entries, 2 * ORDERS)
    const commits = (exposed: Exposed) => Number(exposed.value('kassa_commit_duration_seconds_count', order))
    assert.ok(commits(now) - commits(before) <= entries && commits(now) > commits(before))
  })

  it('counts dead letters, and those that wait until somebody settles them', async () => {
    await nats.publish('billing.0.queue.Nothing', '{}')
    const billing = { process: 'billing' }
    await comesTo(1, 'kassa_dead_letters_waiting', billing)
    assert.equal((await read()).value('kassa_dead_letters_total', billing), 1)
    const { items } = (await (await fetch(`${kassa.url}/v1/dead-letters`)).json()) as {
      items: { dead_letter_id: string }[]
    }
    await post(`/v1/dead-letters/${items[0]?.dead_letter_id}/discard`, {})
    const settled = await read()
    assert.equal(settled.value('kassa_dead_letters_waiting', billing), 0)
    assert.equal(settled.value('kassa_dead_letters_total', billing), 1)
  })

  it('tells that every process is up, that one was started again, and its memory', async () => {
    await kassa.kill9('billing')
    const now = await read()
    for (const process of ['gateway', 'order', 'billing', 'notification', 'webhook']) {
      assert.equal(now.value('kassa_up', { process }), 1)
      assert.equal(now.value('kassa_process_restarts_total', { process }), process === 'billing' ? 1 : 0)
      assert.ok(Number(now.value('kassa_process_resident_memory_bytes', { process })) > 10_000_000)
    }
    assert.equal(now.value('kassa_events_total', { process: 'billing', type: 'MoneyWithdrawn' }), undefined, 'anew')
  })
})
