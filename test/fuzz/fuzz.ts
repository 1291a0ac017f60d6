/** Sends requests to the real gateway and the real actors, in one process, and judges every answer by our own document. */
import { z } from 'zod'
import { readEvent } from '../../src/actors/kernel/event.ts'
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import { createTestMailer, openShop, type Shop } from '../../src/actors/test-shop.ts'
import { streamOf } from '../../src/bus/subjects.ts'
import { createApp } from '../../src/gateway/app.ts'
import { openapiDocument } from '../../src/gateway/openapi.ts'
import { createLog } from '../../src/log.ts'
import { createSeededRandom } from '../../src/world/seeded-random.ts'
import { type FuzzRequest, type Known, type Manner, makeRequest, type Operation } from './requests.ts'

export type FuzzResult = {
  requests: number
  /** By manner and by status. */
  manners: Partial<Record<Manner, number>>
  statuses: Record<string, number>
  /** Operations that were answered with a success at least once, of all. */
  succeeded: Set<string>
  operations: number
  /** What must not be. */
  faults: string[]
}

/**
 * Entries that the request at hand does not answer for: a no that is remembered; deliveries of webhooks, which go their
 * own pace; a command that was taken into the queue long before and has waited in vain.
 */
const HARMLESS = new Set(['CommandRefused', 'DeliveriesQueued', 'DeliveryDelayed', 'DeliveryFailed', 'DeadLettered'])
/** A shop is left for a new one after so many requests, before its lists grow long. */
const SHOP_REQUESTS = 2_500
const FAULTS_MOST = 20

/** Sends `count` requests that `seed` decides. */
export const fuzz = async (count: number, seed: number): Promise<FuzzResult> => {
  const operations = operationsOf(openapiDocument() as unknown as Document)
  const result: FuzzResult = {
    requests: 0,
    manners: {},
    statuses: {},
    succeeded: new Set(),
    operations: operations.length,
    faults: [],
  }
  for (let done = 0; done < count && result.faults.length < FAULTS_MOST; done += SHOP_REQUESTS)
    await fuzzShop(operations, Math.min(SHOP_REQUESTS, count - done), seed + done, result)
  return result
}

const fuzzShop = async (operations: Operation[], count: number, seed: number, result: FuzzResult): Promise<void> => {
  const chance = createSeededRandom(seed)
  const shop = await openShop({ mailer: createTestMailer() })
  const app = createApp({
    bus: shop.client,
    clock: shop.clock,
    random: createSeededRandom(seed + 1),
    config: {
      requestDeadlineMs: 10_000,
      settleWaitMs: 300,
      currency: 'RUB',
      rateLimit: 0,
      trustProxy: false,
      demo: false,
    },
    log: createLog('silent', 'gateway'),
  })
  const known = await someThings(shop)
  const judge = createJudge(operations)

  for (let n = 0; n < count && result.faults.length < FAULTS_MOST; n++) {
    const request = makeRequest(operations, known, chance)
    const { operation, manner, path, headers, text } = request
    const before = headsOf(shop)
    const response = await shop.finish(
      Promise.resolve(
        app.fetch(new Request(`http://localhost${path}`, { method: operation.method, headers, body: text ?? null })),
      ),
    )
    const shown = await textOf(response)
    result.requests++
    result.manners[manner] = (result.manners[manner] ?? 0) + 1
    result.statuses[response.status] = (result.statuses[response.status] ?? 0) + 1
    const fault = (what: string) =>
      result.faults.push(
        `${what}: ${describe(request)} → ${response.status} ${shown.slice(0, 300)} (seed ${seed}, request ${n})`,
      )

    const wrong = judge(operation, response, shown)
    if (wrong !== undefined) fault(wrong)
    if (response.status >= 400) {
      const changed = changesSince(shop, before)
      if (changed.length > 0) fault(`refused, and yet ${changed.join(', ')} happened`)
    } else {
      result.succeeded.add(operation.operationId)
      learn(known, shown)
      // What follows from it happens before the next request is judged.
      await shop.clock.advance(1_000)
    }
  }
}

/** The body; of a feed, which has no end, what it begins with. */
const textOf = async (response: Response): Promise<string> => {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}

const describe = ({ operation, manner, path, headers, text }: FuzzRequest): string =>
  `${manner} ${operation.method} ${path.slice(0, 200)} ${JSON.stringify(headers)} ${(text ?? '').slice(0, 300)}`

// ---- what is there

export const someThings = async (shop: Shop): Promise<Known> => {
  const users = [await shop.createUser('100000'), await shop.createUser('5')]
  const orders = [await shop.order(users[0] as string, 1), await shop.order(users[1] as string, 1)]
  await shop.settle()
  const letters = await shop.lettersOf(users[0] as string)
  return {
    user_id: users,
    order_id: orders,
    message_id: letters.map(({ message_id }) => message_id),
    product_id: ['12345'],
  }
}

const IDS = ['user_id', 'order_id', 'message_id', 'webhook_id', 'dead_letter_id', 'delivery_id'] as const
const IDS_MOST = 30

export const learn = (known: Known, shown: string): void => {
  for (const name of IDS)
    for (const [, id] of shown.matchAll(new RegExp(`"${name}":"?([A-Za-z0-9_-]{1,64})"?[,}]`, 'g')))
      if (!known[name]?.includes(id as string)) known[name] = [...(known[name] ?? []), id as string].slice(-IDS_MOST)
}

export const headsOf = (shop: Shop): number[] => ACTOR_NAMES.map(actor => headOf(shop, actor))

const headOf = (shop: Shop, actor: (typeof ACTOR_NAMES)[number]): number =>
  shop.disks[actor].store.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM log').pluck().get() as number

export const changesSince = (shop: Shop, heads: readonly number[]): string[] =>
  ACTOR_NAMES.flatMap((actor, index) => {
    if (headOf(shop, actor) === heads[index]) return []
    return shop.disks[actor].store
      .prepare<[number], Buffer>('SELECT body FROM log WHERE seq > ? ORDER BY seq')
      .pluck()
      .all(heads[index] as number)
      .map(body => readEvent(body).type)
      .filter(type => !HARMLESS.has(type))
      .map(type => `${streamOf({ actor, cell: 0 })} ${type}`)
  })

// ---- what the document says

type Document = { paths: Record<string, Record<string, RawOperation>> }
type RawOperation = Pick<Operation, 'operationId' | 'parameters' | 'responses'> & {
  requestBody?: { content: { 'application/json': { schema: Operation['body']; example?: Record<string, unknown> } } }
}

const operationsOf = ({ paths }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters, responses, requestBody }]) => {
      const body = requestBody?.content['application/json']
      return {
        operationId,
        method: method.toUpperCase(),
        path,
        parameters,
        responses,
        body: body?.schema,
        example: body?.example ?? {},
      }
    }),
  )

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
})

/** Says what is wrong with an answer, by the document alone. */
const createJudge = (operations: readonly Operation[]) => {
  const replies = new Map<string, z.ZodType>()
  const codes = new Map<string, readonly string[]>()
  for (const { operationId, responses } of operations)
    for (const [status, { content }] of Object.entries(responses)) {
      const reply = content?.['application/json']?.schema
      if (reply) replies.set(`${operationId} ${status}`, schemaOf(reply))
      const said = content?.['application/problem+json']?.schema as
        | { allOf: [unknown, { properties: { code: { enum: string[] } } }] }
        | undefined
      if (said) codes.set(`${operationId} ${status}`, said.allOf[1].properties.code.enum)
    }

  return ({ operationId, responses }: Operation, response: Response, shown: string): string | undefined => {
    const { status } = response
    if (status >= 500) return 'a 5xx'
    if (!responses[status]) return 'an undocumented status'
    if (status === 304) return shown === '' ? undefined : 'a body with 304'
    const type = response.headers.get('content-type') ?? ''
    if (status < 400) {
      if (type.startsWith('text/csv')) return undefined
      if (type.startsWith('text/event-stream'))
        return /^event: place$/m.test(shown) ? undefined : 'a feed without its place'
      if (responses[status]?.content?.['text/plain']) return type.startsWith('text/plain') ? undefined : 'no plain text'
      const fits = replies.get(`${operationId} ${status}`)?.safeParse(JSON.parse(shown))
      return fits?.success
        ? undefined
        : `a reply that is not as documented (${fits?.error.message.replace(/\s+/g, ' ')})`
    }
    if (!type.startsWith('application/problem+json')) return 'a no that is no problem document'
    const said = problem.safeParse(JSON.parse(shown))
    if (!said.success) return 'a problem document that is not as documented'
    if (said.data.status !== status) return 'another status in the problem document'
    return codes.get(`${operationId} ${status}`)?.includes(said.data.code) ? undefined : 'an undocumented code'
  }
}

// The receipt is the one reply that is a reference.
const schemaOf = (schema: unknown): z.ZodType => {
  const { $ref } = schema as { $ref?: string }
  const { Receipt } = openapiDocument().components.schemas
  return z.fromJSONSchema(
    ($ref === '#/components/schemas/Receipt' ? Receipt : schema) as Parameters<typeof z.fromJSONSchema>[0],
  )
}
