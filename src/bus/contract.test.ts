/** Reading by a contract: every fault becomes a code and a pointer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { amount, id, locale, quantity } from '../actors/values.ts'
import { commandOf, defineContract, Malformed, queryOf, readBody, readParameters } from './contract.ts'
import { readJson } from './json.ts'
import type { Refusal } from './problem.ts'

const schema = z.strictObject({
  user_id: id,
  amount: amount.optional(),
  locale: locale.optional(),
  details: z.strictObject({ quantity, note: z.string().optional() }).optional(),
})

const refusalOf = (read: () => unknown): Refusal => {
  try {
    read()
  } catch (fault) {
    assert.ok(fault instanceof Malformed, String(fault))
    assert.equal(fault.message, fault.refusal.detail)
    return fault.refusal
  }
  return assert.fail('it was taken')
}
const faultOf = (json: string) => {
  const { code, errors } = refusalOf(() => readBody(schema, readJson(json)))
  return [code, ...(errors ?? []).map(({ pointer }) => pointer)]
}

describe('a body that fits', () => {
  it('is read into what rules see', () => {
    const json = '{"user_id":93493453,"amount":"99.90","details":{"quantity":5}}'
    assert.deepEqual(readBody(schema, readJson(json)), { user_id: '93493453', amount: 99_90, details: { quantity: 5 } })
  })
})

describe('a body that does not fit', () => {
  const faults: [what: string, json: string, code: string, ...pointers: string[]][] = [
    ['a field missing', '{}', 'missing_field', '#/user_id'],
    ['a field missing inside', '{"user_id":7,"details":{}}', 'missing_field', '#/details/quantity'],
    ['null for a field', '{"user_id":null}', 'invalid_id', '#/user_id'],
    ['a wrong id', '{"user_id":"a b"}', 'invalid_id', '#/user_id'],
    ['a wrong amount', '{"user_id":7,"amount":"1e3"}', 'invalid_amount', '#/amount'],
    ['a wrong language', '{"user_id":7,"locale":"de"}', 'invalid_field', '#/locale'],
    ['a wrong field inside', '{"user_id":7,"details":{"quantity":0}}', 'invalid_quantity', '#/details/quantity'],
    ['text for an object', '{"user_id":7,"details":"x"}', 'invalid_field', '#/details'],
    ['an array for an object', '{"user_id":7,"details":[]}', 'invalid_field', '#/details'],
    ['an unknown field', '{"user_id":7,"more":1}', 'unknown_field', '#/more'],
    ['an unknown field inside', '{"user_id":7,"details":{"quantity":1,"more":1}}', 'unknown_field', '#/details/more'],
    ['an object where a value should be', '{"user_id":{"user_id":7}}', 'invalid_id', '#/user_id'],
    ['a slash and a tilde in a name', '{"user_id":7,"a/b~c":1}', 'unknown_field', '#/a~1b~0c'],
    ['an array', '[]', 'malformed_json', '#'],
    ['a text', '"user_id"', 'malformed_json', '#'],
    ['null', 'null', 'malformed_json', '#'],
    ['a number', '7', 'malformed_json', '#'],
  ]
  for (const [what, json, ...fault] of faults)
    it(`with ${what} (${json}) is refused: ${fault.join(' ')}`, () => assert.deepEqual(faultOf(json), fault))

  for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'])
    it(`with the key ${key}, which every object has, is refused as any unknown one`, () => {
      assert.deepEqual(faultOf(`{"user_id":7,"${key}":{"quantity":1}}`), ['unknown_field', `#/${key}`])
      assert.deepEqual(faultOf(`{"user_id":7,"details":{"quantity":1,"${key}":1}}`), [
        'unknown_field',
        `#/details/${key}`,
      ])
    })

  it('does not take a field from the prototype: what is not written is missing', () => {
    const raw = Object.create({ user_id: 7 }) as Record<string, unknown>
    assert.equal(refusalOf(() => readBody(schema, { ...raw })).code, 'missing_field')
  })

  it('tells all faults at once; the first one gives the code', () => {
    const refusal = refusalOf(() =>
      readBody(schema, readJson('{"amount":-5,"details":{"quantity":"x","more":1},"other":2}')),
    )
    assert.deepEqual(refusal.errors?.map(({ pointer }) => pointer).toSorted(), [
      '#/amount',
      '#/details/more',
      '#/details/quantity',
      '#/other',
      '#/user_id',
    ])
    const [first] = refusal.errors!
    assert.equal(first!.pointer, '#/user_id')
    assert.equal(refusal.code, 'missing_field')
    for (const { pointer, detail } of refusal.errors!) assert.ok(refusal.detail.includes(`${pointer}: ${detail}`))
  })

  it('shows no more than 64 characters of a hostile key', () => {
    const { errors } = refusalOf(() => readBody(schema, readJson(`{"user_id":7,"${'x'.repeat(10_000)}":1}`)))
    assert.equal(errors![0]!.pointer, `#/${'x'.repeat(64)}`)
  })

  it('says nothing of a value, which may be a person’s', () => {
    const { detail } = refusalOf(() => readBody(schema, readJson('{"user_id":"Ivan Petrov","amount":"secret"}')))
    assert.doesNotMatch(detail, /Ivan|secret/)
  })
})

describe('query parameters', () => {
  const parameters = z.strictObject({ user_id: id, type: z.enum(['refill', 'withdrawal']).optional() })

  it('are read like a body', () => assert.deepEqual(readParameters(parameters, { user_id: '7' }), { user_id: '7' }))

  const faults: [what: string, raw: Record<string, string>, code: string][] = [
    ['a missing one', {}, 'missing_field'],
    ['a wrong one', { user_id: 'a b' }, 'invalid_id'],
    ['a value that is none of those', { user_id: '7', type: 'gift' }, 'invalid_field'],
    ['an unknown one', { user_id: '7', more: '1' }, 'unknown_parameter'],
  ]
  for (const [what, raw, code] of faults)
    it(`with ${what} are refused: ${code}`, () =>
      assert.equal(refusalOf(() => readParameters(parameters, raw)).code, code))
})

describe('a contract', () => {
  const said = { summary: 's', body: z.strictObject({}), reply: z.object({}), refusals: [] }
  const contract = defineContract({
    actor: 'toy',
    summary: 'a toy',
    commands: { Add: said },
    queries: { GetTotal: said },
    events: {},
  })

  it('knows its commands and queries by name', () => {
    assert.equal(commandOf(contract, 'Add'), contract.commands.Add)
    assert.equal(queryOf(contract, 'GetTotal'), contract.queries.GetTotal)
  })

  for (const name of ['GetTotal', 'constructor', 'toString', '__proto__', ''])
    it(`knows no command "${name}"`, () => assert.equal(commandOf(contract, name), undefined))

  for (const name of ['Add', 'constructor', '__proto__'])
    it(`knows no query "${name}"`, () => assert.equal(queryOf(contract, name), undefined))
})
