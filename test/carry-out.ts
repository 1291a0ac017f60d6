/** Carrying a document out: what it shows is sent to a fresh Kassa, and what comes back is what it says. */
import assert from 'node:assert/strict'
import type { Exchange } from './document-blocks.ts'
import { eventually } from './eventually.ts'
import { send } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

/** How long what was queued may take to show. */
const QUEUE_MS = 10_000

/** Values of a document told anew, so that nothing can be built in: what stands there, and what takes its place. */
export type Retelling = {
  name: string
  env: () => Record<string, string>
  replaced: [from: string | RegExp, to: string][]
}

export const asWritten: Retelling = { name: 'as written', env: () => ({}), replaced: [] }

/** Sends the requests to a fresh Kassa, one after the other. */
export async function carryOut(exchanges: Exchange[], retelling: Retelling): Promise<void> {
  const kassa = await startKassa({ env: retelling.env() })
  const nats = await lookAt(kassa)
  try {
    for (const exchange of exchanges) await carryOutOne(kassa, nats, retell(exchange, retelling))
  } finally {
    await nats.close()
    await kassa.stop()
  }
}

async function carryOutOne(kassa: KassaUnderTest, nats: NatsLook, exchange: Exchange): Promise<void> {
  const { method, path, headers, body } = exchange
  if (method !== 'GET' || !path.startsWith('/v1/')) {
    assertReply(exchange, await send(kassa.url, method, path, { body, headers }))
  } else {
    // It shows what was queued before, which takes its time.
    let last: unknown
    const shown = eventually(`GET ${path} is as the document says`, QUEUE_MS, async () => {
      try {
        assertReply(exchange, await send(kassa.url, method, path, { headers }))
        return true
      } catch (fault) {
        last = fault
        return undefined
      }
    })
    await shown.catch(() => assert.ifError(last))
  }
  if (path.startsWith('/mq/'))
    await eventually('the queue is worked off', QUEUE_MS, async () => (await nats.queued()) === 0 || undefined)
}

function assertReply(exchange: Exchange, actual: Awaited<ReturnType<typeof send>>): void {
  const what = `${exchange.method} ${exchange.path}`
  assert.equal(actual.status, exchange.status, `${what}: ${actual.text}`)
  for (const [name, value] of Object.entries(exchange.replyHeaders))
    assert.equal(actual.headers.get(name), value, `${what}: ${name}`)

  if (exchange.reply !== undefined && actual.json === undefined) {
    assert.equal(withoutTimes(actual.text.trimEnd()), withoutTimes(exchange.reply), what)
    return
  }
  if (exchange.reply !== undefined) {
    assert.deepEqual(withoutChance(actual.json), withoutChance(JSON.parse(mended(exchange.reply))), what)
    return
  }
  // The document shows no body for what is queued: it is a receipt.
  const { id, ...rest } = actual.json as Record<string, unknown>
  assert.deepEqual(rest, { accepted: true }, what)
  assert.match(String(id), /^[0-9a-f-]{36}$/, what)
}

/** The moments of a text that is no JSON, and its ends of line. */
const withoutTimes = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'a moment')

/** What no document can know stands as a word: times, and how many entries a log has. Their form is checked. */
function withoutChance(value: unknown, key = ''): unknown {
  if (/^(timestamp|created_at|updated_at)$/.test(key) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(value)))
    return 'a moment'
  if (key === 'instance' && typeof value === 'string') return 'a request'
  if (key === 'version' && Number.isInteger(value)) return 'a number'
  if (Array.isArray(value)) return value.map(item => withoutChance(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutChance(item, name)]))
}

/** The two defects of the founding document's JSON: a colon inside the key, a comma before the end. */
function mended(json: string): string {
  return json.replace(/:"(?=\s)/g, '":').replace(/,(?=\s*[}\]])/g, '')
}

function retell(exchange: Exchange, { name, replaced }: Retelling): Exchange {
  const told = (text: string): string => replaced.reduce((text, [from, to]) => text.replace(from, to), text)
  const toldHeaders = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, told(value)]))

  return {
    ...exchange,
    path: name === asWritten.name ? exchange.path : withOtherSlash(told(exchange.path)),
    body: exchange.body === undefined ? undefined : told(exchange.body),
    replyHeaders: toldHeaders(exchange.replyHeaders),
    reply: exchange.reply === undefined ? undefined : told(exchange.reply),
  }
}

/** `/user/create/` for `/user/create`, and the other way round. */
function withOtherSlash(path: string): string {
  const [bare = '', query] = path.split('?')
  const other = bare.endsWith('/') ? bare.slice(0, -1) : `${bare}/`
  return query === undefined ? other : `${other}?${query}`
}
