/** The AsyncAPI document: whole, and with everything that the contracts say. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CONTRACTS } from '../actors/registry.ts'
import { asyncapiDocument } from './asyncapi.ts'
import { EVENT_EXAMPLES } from './bus-examples.ts'
import { OWN_CONTRACTS } from './message-schemas.ts'
import { createTestGateway } from './test-gateway.ts'
import { assertRefsLead } from './test-refs.ts'

// As a client reads it: through JSON, so that nothing that JSON can't say is taken for said.
const document = JSON.parse(JSON.stringify(asyncapiDocument())) as ReturnType<typeof asyncapiDocument>
const channels = document.channels as Record<string, { address: string | null; messages: object }>
const operations = document.operations as Record<string, { action: string; channel: { $ref: string } }>
const addresses = Object.values(channels).map(({ address }) => address)

/** Whether a channel has the address of an actor, or one of every actor. */
const isTold = (actor: string, rest: string): boolean =>
  [actor, '{actor}'].filter(first => addresses.includes(`${first}.{cell}.${rest}`)).length === 1

suite('the AsyncAPI document', () => {
  test('is served at /asyncapi.json, and the page at / leads to it', async () => {
    const { get } = createTestGateway()
    const response = await get('/asyncapi.json')
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), document)
    const { links } = (await (await get('/')).json()) as { links: string[] }
    assert.ok(links.includes('/asyncapi.json'))
  })

  test('refers only to what it has', () => {
    assertRefsLead(document, 100)
  })

  for (const { actor, events, commands, queries } of Object.values(CONTRACTS)) {
    test(`has every event of ${actor}, at one address`, () => {
      for (const type of Object.keys(events)) assert.ok(isTold(actor, `event.${type}.{user}`), type)
    })

    test(`has every command and query of ${actor}; what is taken from the queue only is not asked for`, () => {
      for (const [name, spec] of Object.entries(commands)) {
        assert.equal(isTold(actor, `command.${name}`), !('queueOnly' in spec), name)
        assert.ok(isTold(actor, `queue.${name}`), name)
      }
      for (const name of Object.keys(queries)) assert.ok(isTold(actor, `query.${name}`), name)
    })
  }

  test('has one operation for each channel but those of replies; Kassa sends events and receives the rest', () => {
    const asked = Object.keys(channels).filter(id => !id.endsWith('.reply'))
    assert.deepEqual(Object.keys(operations).sort(), asked.sort())
    for (const [id, { action, channel }] of Object.entries(operations)) {
      assert.equal(channel.$ref, `#/channels/${id}`)
      assert.equal(action, id.includes('.event.') ? 'send' : 'receive')
    }
  })

  test('has an example of every event, as it travels, and none of an event that there is not', () => {
    const types = OWN_CONTRACTS.flatMap(({ events }) => Object.keys(events))
    assert.deepEqual(Object.keys(EVENT_EXAMPLES).sort(), types.sort())
    const messages = document.components.messages as Record<string, { examples?: { payload: object }[] }>
    const [{ payload } = { payload: {} }] = messages['order.event.OrderConfirmed']?.examples ?? []
    assert.deepEqual(payload, {
      specversion: '1.0',
      id: 'order/0/17',
      source: 'order/0',
      type: 'OrderConfirmed',
      subject: '93493453',
      time: '2023-09-07T14:30:00Z',
      datacontenttype: 'application/json',
      sequence: '17',
      data: { user_id: 93493453, order_id: '54321', locale: 'ru' },
    })
  })

  test('shows no trace of how a contract is written', () => {
    assert.doesNotMatch(JSON.stringify(document), /"jsonSchema"|"problem":/)
  })
})

suite('the schema of a type', () => {
  test('is served at /schemas/{Type}.json, as the document has it', async () => {
    const { get } = createTestGateway()
    const { schemas } = document.components as { schemas: Record<string, object> }
    for (const type of ['OrderCreated', 'UserCreated', 'CreateOrder', 'CreateOrderReply', 'Started']) {
      const response = await get(`/schemas/${type}.json`)
      assert.equal(response.status, 200, type)
      const { $schema, title, ...schema } = (await response.json()) as Record<string, unknown>
      assert.deepEqual([$schema, title], ['https://json-schema.org/draft/2020-12/schema', type])
      assert.deepEqual(schema, schemas[type])
    }
  })

  test('that there is not is refused, whatever it is called', async () => {
    const { get } = createTestGateway()
    for (const file of ['Nothing.json', 'constructor.json', 'OrderCreated', '..%2Fopenapi.json'])
      assert.equal((await get(`/schemas/${file}`)).status, 404, file)
  })
})
