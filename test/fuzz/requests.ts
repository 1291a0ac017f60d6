/** Requests made from our own OpenAPI document and chance: right, at the edge, changed, or hostile. */
import type { SeededRandom } from '../../src/world/seeded-random.ts'
import { EDGES, HOSTILE_BODIES, HOSTILE_TEXTS } from './values.ts'

type Schema = { properties?: Record<string, unknown>; required?: string[] }
type Parameter = { name: string; in: string; required: boolean; example?: unknown }

/** One operation of the document. */
export type Operation = {
  operationId: string
  method: string
  path: string
  parameters: Parameter[]
  body: Schema | undefined
  example: Record<string, unknown>
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>
}

export type FuzzRequest = {
  operation: Operation
  manner: Manner
  path: string
  headers: Record<string, string>
  text: string | undefined
}

/** `right`: what the document shows, about things that are there. */
export type Manner = 'right' | 'edge' | 'changed' | 'hostile'

const MANNERS: readonly Manner[] = ['right', 'right', 'edge', 'edge', 'changed', 'hostile', 'hostile']

/** Ids that replies have told, by the field's name. */
export type Known = Record<string, string[]>

type Chance = Pick<SeededRandom, 'integer' | 'pick'>

/** Makes one request. */
export const makeRequest = (operations: readonly Operation[], known: Known, chance: Chance): FuzzRequest => {
  const operation = chance.pick(operations)
  const manner = chance.pick(MANNERS)
  const right = rightFields(operation, known, chance)
  const fields = manner === 'right' ? right : changedFields(right, operation, manner, chance)
  const inPath = operation.parameters.filter(parameter => parameter.in === 'path').map(({ name }) => name)
  const path = inPath.reduce(
    // An empty segment, and dots, would be another address.
    (path, name) => path.replace(`{${name}}`, encodeURIComponent(textOf(fields[name])).replace(/^\.*$/, 'x$&')),
    operation.path,
  )
  const rest = Object.entries(fields).filter(([name]) => !inPath.includes(name))
  const headers = headersOf(operation, manner, known, chance)
  if (operation.method === 'GET') {
    const query = rest
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value))}`)
      .join('&')
    return { operation, manner, path: query ? `${path}?${query}` : path, headers, text: undefined }
  }
  return { operation, manner, path, headers, text: bodyOf(operation, Object.fromEntries(rest), manner, chance) }
}

const rightFields = ({ parameters, body, example }: Operation, known: Known, chance: Chance) => {
  const fields: Record<string, unknown> = {}
  const shown: Record<string, unknown> = { ...example }
  for (const { name, example } of parameters) if (example !== undefined) shown[name] = example
  const names = [
    ...parameters.filter(({ in: place }) => place !== 'header').map(({ name }) => name),
    ...Object.keys(body?.properties ?? {}),
  ]
  for (const name of names) {
    const isNeeded = (body?.required ?? []).includes(name) || parameters.some(one => one.name === name && one.required)
    if (!isNeeded && chance.integer(2) === 0) continue
    const ids = known[name] ?? []
    // Mostly something that is there; now and then what the document shows.
    const value = ids.length > 0 && chance.integer(8) > 0 ? chance.pick(ids) : shown[name]
    if (value !== undefined) fields[name] = value
  }
  return fields
}

const changedFields = (right: Record<string, unknown>, { body }: Operation, manner: Manner, chance: Chance) => {
  const fields = { ...right }
  const names = [...Object.keys(right), ...Object.keys(body?.properties ?? {}), 'x', 'constructor']
  for (let count = 1 + chance.integer(2); count > 0; count--) {
    const name = chance.pick(names)
    if (manner === 'changed' && chance.integer(2) === 0) delete fields[name]
    else fields[name] = manner === 'hostile' ? chance.pick(HOSTILE_TEXTS) : chance.pick(EDGES)
  }
  return fields
}

const bodyOf = (operation: Operation, fields: Record<string, unknown>, manner: Manner, chance: Chance) => {
  if (manner === 'hostile' && chance.integer(3) === 0) return chance.pick(HOSTILE_BODIES)
  if (!operation.body && Object.keys(fields).length === 0) return undefined
  const text = JSON.stringify(fields)
  if (manner !== 'changed' || chance.integer(3) > 0) return text

  const at = chance.integer(text.length)
  const put = chance.pick(['', '"', '{', ',', '\u0000', '\\', '9', ' ', 'é'])
  return `${text.slice(0, at)}${put}${text.slice(at + chance.integer(2))}`
}

const headersOf = ({ method }: Operation, manner: Manner, known: Known, chance: Chance): Record<string, string> => {
  const headers: Record<string, string> = method === 'GET' ? {} : { 'content-type': 'application/json' }
  if (chance.integer(3) === 0) headers['idempotency-key'] = `key-${chance.integer(20)}`
  if (chance.integer(10) === 0) headers.prefer = 'respond-async'
  if (chance.integer(10) === 0) headers['if-match'] = `"${chance.integer(50)}"`
  if (chance.integer(20) === 0) headers.accept = 'text/csv'
  if (manner !== 'hostile') return headers

  const some: Record<string, string> = {
    'idempotency-key': chance.pick(['', '"', '"a\\"', 'é', 'a b', 'k'.repeat(256), known.order_id?.[0] ?? 'x']),
    'if-match': chance.pick(['*', '"', 'W/"1"', '"1", "2"', '"99999999999999999999"']),
    'if-none-match': chance.pick(['*', '"1"', 'x']),
    'content-type': chance.pick([
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'application/json; charset=utf-16',
    ]),
    'content-encoding': 'gzip',
    'x-request-id': chance.pick(['', 'a b', 'x'.repeat(500), 'é']),
    traceparent: chance.pick(['x', '00-0-0-0']),
    origin: chance.pick(['null', 'https://evil.example', 'http://localhost']),
    host: chance.pick(['evil.example', 'localhost', '127.0.0.1:1', 'localhost.evil.example']),
    'x-forwarded-for': '1.2.3.4',
    'x-http-method-override': 'DELETE',
    authorization: chance.pick(['Bearer x', 'Basic eDp5', 'Bearer']),
  }
  const name = chance.pick(Object.keys(some))
  return { ...headers, [name]: some[name] as string }
}

const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  // A lone half of a pair cannot be percent-encoded.
  return text.toWellFormed()
}
