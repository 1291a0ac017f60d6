/** Sends commands and queries to the real actors by request-reply, as anybody on the bus could, and judges the answers. */

import { DEFINITIONS } from '../../src/actors/definitions.ts'
import { kernelContract } from '../../src/actors/kernel/kernel-contract.ts'
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import { createTestMailer, openShop, type Shop } from '../../src/actors/test-shop.ts'
import { PROBLEMS, type ProblemCode } from '../../src/bus/problem.ts'
import { commandSubject, querySubject } from '../../src/bus/subjects.ts'
import { createSeededRandom, type SeededRandom } from '../../src/world/seeded-random.ts'
import { changesSince, headsOf, learn, someThings } from './fuzz.ts'
import type { Known } from './requests.ts'
import { EDGES, HOSTILE_BODIES, HOSTILE_TEXTS } from './values.ts'

export type BusFuzzResult = { requests: number; answered: number; refused: Record<string, number>; faults: string[] }

type Asked = { subject: string; name: string; fields: string[]; refusals: readonly string[] }

const SHOP_REQUESTS = 2_500
const FAULTS_MOST = 20

/** Sends `count` requests that `seed` decides. */
export const fuzzBus = async (count: number, seed: number): Promise<BusFuzzResult> => {
  const result: BusFuzzResult = { requests: 0, answered: 0, refused: {}, faults: [] }
  for (let done = 0; done < count && result.faults.length < FAULTS_MOST; done += SHOP_REQUESTS)
    await fuzzShop(Math.min(SHOP_REQUESTS, count - done), seed + done, result)
  return result
}

const fuzzShop = async (count: number, seed: number, result: BusFuzzResult): Promise<void> => {
  const chance = createSeededRandom(seed)
  const shop = await openShop({ mailer: createTestMailer() })
  const known = await someThings(shop)

  for (let n = 0; n < count && result.faults.length < FAULTS_MOST; n++) {
    const asked = chance.pick(ALL)
    const body = bodyOf(asked, known, chance)
    const headers = headersOf(chance)
    const before = headsOf(shop)
    const fault = (what: string) =>
      result.faults.push(
        `${what}: ${asked.subject} ${JSON.stringify(headers).slice(0, 200)} ${body.slice(0, 300)} (seed ${seed}, request ${n})`,
      )
    result.requests++
    const answer = await shop.ask(asked.subject, body, headers).catch((error: Error) => {
      fault(`no answer that can be read (${error.message})`)
    })
    if (!answer) continue

    const { code } = answer
    if (code === undefined) {
      result.answered++
      learn(known, JSON.stringify(answer.body))
      await shop.clock.advance(1_000)
      continue
    }
    result.refused[code] = (result.refused[code] ?? 0) + 1
    if (!isExpected(asked, code)) fault(`refused with ${code}`)
    const changed = changesSince(shop, before)
    if (changed.length > 0) fault(`refused, and yet ${changed.join(', ')} happened`)
  }
  if (!(await isWell(shop))) result.faults.push(`an actor is not open any more (seed ${seed})`)
}

const isWell = async (shop: Shop): Promise<boolean> => {
  const phases = await Promise.all(ACTOR_NAMES.map(async actor => (await shop.query('Health', {}, actor)).body.phase))
  return phases.every(phase => phase === 'open')
}

/** A 5xx only where the contract has it: what a person asks of a store that is refused is `unavailable` for any other. */
const isExpected = ({ refusals }: Asked, code: string): boolean =>
  refusals.includes(code) || (Object.hasOwn(PROBLEMS, code) && PROBLEMS[code as ProblemCode].status < 500)

type Specs = Record<string, { body: { shape: object }; refusals: readonly string[] }>

const askedOf = (specs: Specs, subjectOf: (name: string) => string): Asked[] =>
  Object.entries(specs).map(([name, { body, refusals }]) => ({
    refusals,
    subject: subjectOf(name),
    name,
    fields: Object.keys(body.shape),
  }))

const ALL: readonly Asked[] = ACTOR_NAMES.flatMap(actor => {
  const address = { actor, cell: 0 }
  return [DEFINITIONS[actor].contract, kernelContract].flatMap(contract => [
    ...askedOf(contract.commands as unknown as Specs, name => commandSubject(address, name)),
    ...askedOf(contract.queries as unknown as Specs, name => querySubject(address, name)),
    { subject: commandSubject(address, 'constructor'), name: 'constructor', fields: [], refusals: [] },
    { subject: querySubject(address, '__proto__'), name: '__proto__', fields: [], refusals: [] },
  ])
})

const bodyOf = ({ fields }: Asked, known: Known, chance: SeededRandom): string => {
  if (chance.integer(8) === 0) return chance.pick(HOSTILE_BODIES)
  const body: Record<string, unknown> = {}
  for (const name of fields) {
    const ids = known[name] ?? []
    const dice = chance.integer(10)
    if (dice < 6 && ids.length > 0) body[name] = chance.pick(ids)
    else if (dice < 8) body[name] = chance.pick(EDGES)
    else if (dice < 9) body[name] = chance.pick(HOSTILE_TEXTS)
  }
  if (chance.integer(10) === 0) body[chance.pick(['x', 'constructor', 'toString'])] = 1
  return JSON.stringify(body)
}

const HEADERS = [
  'Idempotency-Key',
  'Kassa-Caller',
  'Kassa-Request-Id',
  'Kassa-Deadline-Ms',
  'Kassa-Remember',
  'traceparent',
]
const VALUES = ['', ' ', 'a', 'a b', '-', '0', '-1', 'NaN', 'é', 'k'.repeat(300), 'x'.repeat(9_000)]

const headersOf = (chance: SeededRandom): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (let count = chance.integer(9) - 6; count > 0; count--) headers[chance.pick(HEADERS)] = chance.pick(VALUES)
  // Who says that nobody waits any more gets no answer, and none is waited for.
  if (/^(0|-1)$/.test(headers['Kassa-Deadline-Ms'] ?? '')) delete headers['Kassa-Deadline-Ms']
  return headers
}
