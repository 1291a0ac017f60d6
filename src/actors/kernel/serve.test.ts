/** Serving: what becomes of a request before the mailbox, and how its outcome is told. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bus, Headers, Message, Request } from '../../bus/bus.ts'
import { matches } from '../../bus/subject-match.ts'
import { createSeededRandom } from '../../world/seeded-random.ts'
import type { CommandItem, Item } from './mailbox.ts'
import { serve } from './serve.ts'
import { createTestCore } from './test-core.ts'
import { createToyActor } from './test-toy.ts'

/** A toy that is served; what it would put into its mailbox is handed to `take`. */
const createBench = (more: { isOpen?: boolean; hasRoom?: boolean; take?: (item: Item) => void } = {}) => {
  const { core, clock, run, turn } = createTestCore(createToyActor())
  const served = new Map<string, (request: Request) => void>()
  const pushed: CommandItem[] = []
  const defects: string[] = []
  const bus: Pick<Bus, 'serve'> = {
    serve: (subject, handle) => {
      served.set(subject, handle)
      return { stop: async () => void served.delete(subject) }
    },
  }
  const running = serve({
    core,
    bus: bus as Bus,
    clock,
    random: createSeededRandom(1),
    isOpen: () => more.isOpen ?? true,
    push: item => {
      if (more.hasRoom === false) return false
      pushed.push(item as CommandItem)
      turn([item])
      return true
    },
    kernelAnswers: name => (name === 'Health' ? { reply: { phase: 'healing' } } : undefined),
    defect: what => void defects.push(what),
  })

  const ask = async (subject: string, body: unknown, headers: Headers = {}) => {
    const answers: Message[] = []
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    for (const [pattern, handle] of served) {
      if (!matches(pattern, subject)) continue
      const respond = (body: Uint8Array, headers: Headers = {}) => void answers.push({ subject: '', body, headers })
      handle({ subject, body: Buffer.from(text), headers, respond })
    }
    await clock.advance(0)
    assert.equal(answers.length, 1, 'one request, one answer')
    const [answer] = answers as [Message]
    return { headers: answer.headers, body: JSON.parse(Buffer.from(answer.body).toString('utf8')) }
  }
  return {
    run,
    pushed,
    defects,
    served,
    running,
    command: (name: string, body: unknown, headers?: Headers) => ask(`toy.0.command.${name}`, body, headers),
    query: (name: string, body: unknown, headers?: Headers) => ask(`toy.0.query.${name}`, body, headers),
  }
}

const add = { name: 'a', by: 2 }

describe('serving: a command', () => {
  it('is answered with the bare reply', async () => {
    const { command } = createBench()
    assert.deepEqual(await command('Add', add), { headers: {}, body: { total: 2 } })
  })

  it('is answered again under the same key, and says so', async () => {
    const { command } = createBench()
    const key = { 'Idempotency-Key': 'k1' }
    await command('Add', add, key)
    assert.deepEqual(await command('Add', add, key), { headers: { 'Kassa-Replayed': 'true' }, body: { total: 2 } })
  })

  it('that is refused is answered with the problem document, and in headers that any NATS client shows', async () => {
    const { command } = createBench()
    const { headers, body } = await command('Add', { name: 'a', by: 101 }, { 'Idempotency-Key': 'k1' })
    assert.deepEqual(headers, {
      'Nats-Service-Error-Code': '400',
      'Nats-Service-Error': 'invalid_quantity: a counter ends at 100',
    })
    assert.deepEqual(body, {
      type: '/problems/invalid_quantity',
      title: 'A quantity is a whole number from 1 to 1,000,000',
      status: 400,
      detail: 'a counter ends at 100',
      instance: 'k1',
      code: 'invalid_quantity',
    })
  })

  it('that a bug keeps from being carried out is "internal", without detail', async () => {
    const { command } = createBench()
    const { body } = await command('Add', { name: 'a', by: 13 })
    assert.equal(body.code, 'internal')
    assert.doesNotMatch(JSON.stringify(body), /bug|TypeError/)
  })
})

describe('serving: what a command’s headers say', () => {
  const pushedBy = async (headers: Headers) => {
    const { command, pushed } = createBench()
    await command('Add', add, headers)
    return pushed[0]!
  }

  it('a client’s key names it, in the scope of caller and command, and its refusal is remembered', async () => {
    const item = await pushedBy({ 'Idempotency-Key': 'k1', 'Kassa-Caller': 'shop' })
    assert.equal(item.id, 'shop/Add/k1')
    assert.equal(item.remember, true)
  })

  it('the sender may say that it is going to ask again: then a refusal is not remembered', async () =>
    assert.equal((await pushedBy({ 'Idempotency-Key': 'k1', 'Kassa-Remember': 'no' })).remember, false))

  it('the gateway’s request id names it where the client gave no key; its refusal is not remembered', async () => {
    const item = await pushedBy({ 'Kassa-Request-Id': 'r1' })
    assert.equal(item.id, '-/Add/r1')
    assert.equal(item.remember, false)
  })

  it('without any it gets a name of its own', async () =>
    assert.match((await pushedBy({})).id, /^-\/Add\/[0-9a-f-]{36}$/))

  const deadlines: [said: string | undefined, ms: number][] = [
    [undefined, 10_000],
    ['250', 250],
    ['0', 0],
    ['-5', 0],
    ['999999999', 60_000],
    ['soon', 10_000],
    [' ', 10_000],
    ['0x0', 10_000],
  ]
  for (const [said, ms] of deadlines)
    it(`a deadline of ${said ?? 'nothing said'} is ${ms} ms from now`, async () => {
      const item = await pushedBy(said === undefined ? {} : { 'Kassa-Deadline-Ms': said })
      assert.equal(item.deadline, ms)
    })

  const badKeys: [what: string, key: string][] = [
    ['an empty one', ''],
    ['256 characters', 'k'.repeat(256)],
    ['a letter outside of ASCII', 'ключ'],
    ['a space at its end', 'k '],
    ['a control character', 'a\tb'],
  ]
  for (const [what, key] of badKeys)
    it(`a key with ${what} is refused: invalid_field`, async () => {
      const { command, pushed } = createBench()
      assert.equal((await command('Add', add, { 'Idempotency-Key': key })).body.code, 'invalid_field')
      assert.deepEqual(pushed, [])
    })

  it('a caller too long for an entry is refused: invalid_field', async () => {
    const { command, pushed } = createBench()
    assert.equal((await command('Add', add, { 'Kassa-Caller': 'c'.repeat(900_000) })).body.code, 'invalid_field')
    assert.deepEqual(pushed, [])
  })

  it('a trace that is none is left out', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    assert.equal((await pushedBy({ traceparent: trace })).trace, trace)
    assert.equal((await pushedBy({ traceparent: 'x'.repeat(900_000) })).trace, undefined)
  })

  it('the longest key is taken', async () =>
    assert.equal((await pushedBy({ 'Idempotency-Key': 'k'.repeat(255) })).id.length, 255 + '-/Add/'.length))
})

describe('serving: what never reaches the mailbox', () => {
  const refused: [what: string, name: string, body: unknown, code: string][] = [
    ['an unknown command', 'Subtract', add, 'not_found'],
    ['a name that every object has', 'constructor', {}, 'not_found'],
    ['another such name', '__proto__', {}, 'not_found'],
    ['a command that is taken from the queue only', 'Expect', { name: 'a', least: 1 }, 'not_found'],
    ['no JSON', 'Add', '{"name":', 'malformed_json'],
    ['JSON that is no object', 'Add', '[]', 'malformed_json'],
    ['an unknown field', 'Add', { ...add, more: 1 }, 'unknown_field'],
    ['a field missing', 'Add', { name: 'a' }, 'missing_field'],
    ['a wrong field', 'Add', { name: 'a b', by: 1 }, 'invalid_id'],
  ]
  for (const [what, name, body, code] of refused)
    it(`${what} is refused: ${code}`, async () => {
      const { command, pushed, defects } = createBench()
      assert.equal((await command(name, body)).body.code, code)
      assert.deepEqual(pushed, [])
      assert.deepEqual(defects, [])
    })

  it('says where a field is at fault', async () => {
    const { body } = await createBench().command('Add', { name: 'a b', by: 1 })
    assert.deepEqual(body.errors, [
      { pointer: '#/name', detail: 'should be 1 to 64 of the characters A-Z a-z 0-9 _ -' },
    ])
  })

  it('a command is "unavailable" while the actor is not open', async () => {
    const { command, pushed } = createBench({ isOpen: false })
    const { headers, body } = await command('Add', add)
    assert.equal(body.code, 'unavailable')
    assert.equal(headers['Nats-Service-Error-Code'], '503')
    assert.deepEqual(pushed, [])
  })

  it('a command is "overloaded" when the mailbox is full', async () => {
    const { body, headers } = await createBench({ hasRoom: false }).command('Add', add)
    assert.equal(body.code, 'overloaded')
    assert.equal(headers['Nats-Service-Error-Code'], '429')
  })

  it('a header has no line break and nothing but ASCII in it, whatever the client wrote', async () => {
    const { headers } = await createBench().command('Add', { ...add, 'ключ\r\nX: y': 1 })
    assert.match(headers['Nats-Service-Error']!, /^unknown_field: [\x20-\x7e]*$/)
  })
})

describe('serving: a query', () => {
  it('is answered from the tables', async () => {
    const { run, query } = createBench()
    run('Add', add)
    assert.deepEqual(await query('GetTotal', { name: 'a' }), { headers: {}, body: { total: 2 } })
  })

  it('is answered also when the answer takes a while', async () => {
    const { run, query } = createBench()
    run('Add', add)
    assert.deepEqual((await query('GetTotalLater', { name: 'a' })).body, { total: 2 })
  })

  it('may have no body where it has no fields', async () =>
    assert.deepEqual((await createBench().query('Health', '')).body, { phase: 'healing' }))

  it('that is refused is answered with the problem document', async () =>
    assert.equal((await createBench().query('GetTotal', { name: 'a' })).body.code, 'not_found'))

  it('that meets a bug is "internal", and the bug is told', async () => {
    const { query, defects } = createBench()
    assert.equal((await query('GetTotalLater', { name: 'bug' })).body.code, 'internal')
    assert.deepEqual(defects, ['query GetTotalLater'])
  })

  for (const name of ['Unknown', 'constructor', 'toString'])
    it(`called ${name} is not found`, async () =>
      assert.equal((await createBench().query(name, {})).body.code, 'not_found'))

  it('that does not fit the contract is refused', async () =>
    assert.equal((await createBench().query('GetTotal', {})).body.code, 'missing_field'))

  it('of the actor is "unavailable" while it is not open; of the kernel it may be answered', async () => {
    const { query } = createBench({ isOpen: false })
    assert.equal((await query('GetTotal', { name: 'a' })).body.code, 'unavailable')
    assert.deepEqual((await query('Health', {})).body, { phase: 'healing' })
  })
})

describe('serving: the end', () => {
  it('answers nobody once it is stopped', async () => {
    const { running, served } = createBench()
    assert.equal(served.size, 2)
    await running.stop()
    assert.equal(served.size, 0)
  })
})
