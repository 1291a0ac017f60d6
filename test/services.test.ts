/** The actors as NATS micro services (ADR-32), asked on a whole Kassa as the `nats micro` commands ask. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { productVersion } from '../src/version.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const ACTORS = ['billing', 'notification', 'order', 'webhook']

const text = z.record(z.string(), z.string())
const standard = {
  name: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  id: z.string().min(1),
  version: z.literal(productVersion),
  metadata: text,
}
const named = { name: z.string().regex(/^[a-zA-Z0-9_-]+$/), subject: z.string(), queue_group: z.string() }
const ping = z.strictObject({ type: z.literal('io.nats.micro.v1.ping_response'), ...standard })
const info = z.strictObject({
  type: z.literal('io.nats.micro.v1.info_response'),
  ...standard,
  description: z.string(),
  endpoints: z.array(z.strictObject({ ...named, metadata: text })),
})
const stats = z.strictObject({
  type: z.literal('io.nats.micro.v1.stats_response'),
  ...standard,
  started: z.iso.datetime(),
  endpoints: z.array(
    z.strictObject({
      ...named,
      num_requests: z.int(),
      num_errors: z.int(),
      last_error: z.string(),
      processing_time: z.int(),
      average_processing_time: z.int(),
    }),
  ),
})

describe('the actors as micro services', () => {
  let kassa: KassaUnderTest
  let nats: NatsLook

  before(async () => {
    kassa = await startKassa()
    nats = await lookAt(kassa)
  })
  after(async () => {
    await nats?.close()
    await kassa?.stop()
  })

  const infoOf = async (actor: string) => info.parse(await nats.ask(`$SRV.INFO.${actor}`))
  const statsOf = async (actor: string, subject: string) => {
    const found = stats.parse(await nats.ask(`$SRV.STATS.${actor}`)).endpoints.find(one => one.subject === subject)
    assert.ok(found, `${subject} is among the endpoints of ${actor}`)
    return found
  }

  it('each answers a ping, with the version, and an id of its own', async () => {
    const answers = (await nats.askAll('$SRV.PING', ACTORS.length)).map(answer => ping.parse(answer))
    assert.deepEqual(answers.map(({ name }) => name).sort(), ACTORS)
    assert.equal(new Set(answers.map(({ id }) => id)).size, ACTORS.length)
    for (const { name, id } of answers) assert.equal(ping.parse(await nats.ask(`$SRV.PING.${name}.${id}`)).id, id)
  })

  it('each tells an endpoint a command and a query, with the JSON Schema of what goes in and comes out', async () => {
    for (const actor of ACTORS) {
      const { endpoints } = await infoOf(actor)
      const subjects = endpoints.map(({ subject }) => subject)
      assert.ok(subjects.includes(`${actor}.0.query.Health`), `${actor} tells its health`)
      assert.ok(subjects.includes(`${actor}.0.command.RedriveDeadLetter`), `${actor} redrives`)
      for (const { name, subject, metadata } of endpoints) {
        assert.equal(subject, `${actor}.0.${metadata.kind}.${name}`)
        assert.equal(JSON.parse(metadata.request_schema ?? 'null').type, 'object', subject)
        assert.equal(typeof JSON.parse(metadata.response_schema ?? 'null'), 'object', subject)
      }
    }
  })

  it('the schema of CreateOrder names its fields, and the codes of its noes stand beside it', async () => {
    const endpoint = (await infoOf('order')).endpoints.find(({ name }) => name === 'CreateOrder')
    const { required } = JSON.parse(endpoint?.metadata.request_schema ?? '{}')
    assert.deepEqual([...required].sort(), ['product_id', 'quantity', 'user_id'])
    assert.match(endpoint?.metadata.refusals ?? '', /\bproduct_not_found\b/)
  })

  it('a command asked by hand is answered with bare JSON, and counted with the time it took', async () => {
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
    const { headers, json } = await nats.askWhole('order.0.command.CreateUser', person)
    assert.deepEqual(headers, {})
    const { user_id } = json as { user_id: string }

    const order = { user_id, product_id: '12345', quantity: 1 }
    const made = await nats.ask<Record<string, unknown>>('order.0.command.CreateOrder', order)
    assert.equal(made.product_id, '12345')
    const counted = await statsOf('order', 'order.0.command.CreateOrder')
    assert.equal(counted.num_requests, 1)
    assert.equal(counted.num_errors, 0)
    assert.ok(counted.processing_time > 0, 'it took some time')
    assert.equal(counted.average_processing_time, counted.processing_time)
  })

  it('a no comes as headers with the problem document as the body, and is counted as an error', async () => {
    const { headers, json } = await nats.askWhole('order.0.query.GetOrder', { order_id: '999' })
    assert.equal(headers['Nats-Service-Error-Code'], '404')
    assert.match(headers['Nats-Service-Error'] ?? '', /^order_not_found: /)
    assert.equal((json as { code: string }).code, 'order_not_found')
    const counted = await statsOf('order', 'order.0.query.GetOrder')
    assert.equal(counted.num_errors, 1)
    assert.equal(counted.last_error, '404:order_not_found')
  })
})
