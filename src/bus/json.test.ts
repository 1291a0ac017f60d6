/** Reading JSON: what is taken, what is mended, what is refused. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { Malformed, readBody } from './contract.ts'
import { MalformedJson, readJson } from './json.ts'
import { NumberLiteral } from './number-literal.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const mended = (text: string): unknown => plain(readJson(text, { mend: true }))

suite('json: a number', () => {
  const kept = ['0', '-5', '1000', '1000.5', '0.1', '9007199254740991', '1e+21']
  for (const text of kept)
    test(`${text} prints as it was written and is a number`, () => assert.equal(readJson(text), Number(text)))

  const literal = ['100.00', '-0', '1e3', '1E3', '1.10', '9007199254740993', '0.30000000000000001', '1e999', '1e-400']
  for (const text of literal)
    test(`${text} would print otherwise and is kept as its text`, () =>
      assert.deepEqual(readJson(text), new NumberLiteral(text)))
})

suite('json: strictly', () => {
  const refused = {
    'an empty text': '',
    'spaces alone': ' \n',
    'a byte order mark': '\ufeff{}',
    'two values': '{} {}',
    'a comma before a bracket': '{"a":1,}',
    'a colon inside the key': '{"a:" 1}',
    'single quotes': "{'a':1}",
    'a bare key': '{a:1}',
    'a comment': '{/**/}',
    'an unknown escape': '"\\x"',
    'half an escape': '"\\u12"',
    'a line break in a string': '"a\nb"',
    'an open string': '"abc',
    'a string that ends in a backslash': '"abc\\',
    'a leading zero': '01',
    'a sign': '+1',
    'a point without digits': '1.',
    'a point first': '.5',
    'half an exponent': '1e',
    'a hexadecimal number': '0x10',
    NaN: 'NaN',
    Infinity: '-Infinity',
    undefined: 'undefined',
    'half a word': 'tru',
    'a longer word': 'nulls',
    'an open object': '{"a":1',
    'an open array': '[1',
    'a key alone': '{"a"}',
    'a comma alone': '[,]',
    'a no-break space': '\u00a01',
    'the same key twice': '{"a":1,"a":1}',
    'the same key twice, once escaped': '{"a":1,"\\u0061":1}',
    'the same key twice, inside': '{"b":{"a":1,"a":2}}',
    'the same special key twice': '{"__proto__":1,"__proto__":2}',
  }
  for (const [what, text] of Object.entries(refused))
    test(`${what} is refused`, () => assert.throws(() => readJson(text), MalformedJson))

  test('sixteen levels are read, the seventeenth is refused', () => {
    assert.doesNotThrow(() => readJson('['.repeat(16) + ']'.repeat(16)))
    assert.throws(() => readJson('['.repeat(17) + ']'.repeat(17)), { position: 16 })
    assert.throws(() => readJson('{"a":'.repeat(30_000)), MalformedJson)
  })

  test('a fault says where, and nothing of the body', () => {
    assert.throws(
      () => readJson('{"secret": "x" secret'),
      (fault: unknown) => {
        assert.ok(fault instanceof MalformedJson && fault instanceof Malformed)
        assert.equal(fault.position, 15)
        assert.equal(fault.refusal.code, 'malformed_json')
        assert.doesNotMatch(fault.refusal.detail, /secret/)
        return true
      },
    )
  })

  test('a key of the prototype is a key like any other, and a strict schema refuses it', () => {
    const schema = z.strictObject({ a: z.unknown() })
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const raw = readJson(`{"a":1,"${key}":{"polluted":true}}`)
      assert.deepEqual(Object.keys(raw as object), ['a', key])
      assert.throws(
        () => readBody(schema, raw),
        (fault: unknown) => fault instanceof Malformed && fault.refusal.code === 'unknown_field',
      )
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })
})

suite('json: mending', () => {
  const taken: [text: string, value: unknown][] = [
    ['{"user_id:" 93493453}', { user_id: 93493453 }],
    ['{\n    "user_id:" 93493453,\n    "amount": "1000",\n}', { user_id: 93493453, amount: '1000' }],
    ['{"user_id:""7"}', { user_id: '7' }],
    ['{"user_id:": 7}', { user_id: 7 }],
    ['{"a":[1,2,],"b":{"c":1,},}', { a: [1, 2], b: { c: 1 } }],
    ['{"a":{"b:" 1}}', { a: { b: 1 } }],
    ['{"a":{"b:": 1}}', { a: { 'b:': 1 } }],
    ['{"user_id::": 7}', { 'user_id:': 7 }],
    ['{"user_id::" 7}', { 'user_id:': 7 }],
    ['{"a":"x:\\" 1,}"}', { a: 'x:" 1,}' }],
    ['{"a:\\u003a" :1}', { 'a::': 1 }],
  ]
  for (const [text, value] of taken)
    test(`${text} is ${JSON.stringify(value)}`, () => assert.deepEqual(mended(text), value))

  const refused = [
    '{"user_id" 7}',
    '{"user_id:" 7, "user_id": 7}',
    '{"user_id:": 7, "user_id": 7}',
    '{"a":1,,}',
    '{,}',
    '[,]',
    '[1,,]',
    '{"a":1};',
    '{"user_id:" }',
    '{"user_id:" , "a": 1}',
    '{user_id: 7}',
    '{"a:\\u003a" 1}',
    '1,',
  ]
  for (const text of refused)
    test(`${text} is refused`, () => assert.throws(() => readJson(text, { mend: true }), MalformedJson))
})

suite('json: against JSON.parse', () => {
  // Texts near JSON: a value's text, cut, doubled or with a byte changed.
  const value = fc.json({ maxDepth: 5 })
  const near = fc
    .tuple(
      value,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', '.', 'e', ' '),
    )
    .map(([text, from, length, put]) => {
      const at = from % (text.length + 1)
      return text.slice(0, at) + put + text.slice(at + (length % 3))
    })
  const mark = fc.constantFrom(...'{}[]",:\\ 0123456789-+.eEtruefalsnu\n\u00e9\ud800')
  const marks = fc.array(mark, { maxLength: 24 }).map(all => all.join(''))
  const text = fc.oneof(value, near, marks, fc.string())

  const native = (text: string): { value: unknown } | undefined => {
    try {
      return { value: JSON.parse(text) }
    } catch {
      return undefined
    }
  }
  const ours = (text: string, mend = false): { value: unknown } | MalformedJson => {
    try {
      return { value: readJson(text, { mend }) }
    } catch (fault) {
      if (fault instanceof MalformedJson) return fault
      throw fault
    }
  }
  // As JSON.parse would have said it: numbers instead of literals, objects with a prototype.
  const likeNative = (value: unknown): unknown => {
    if (value instanceof NumberLiteral) return Number(value.text)
    if (Array.isArray(value)) return value.map(likeNative)
    if (typeof value !== 'object' || value === null) return value
    const object = {}
    for (const [key, inner] of Object.entries(value))
      Object.defineProperty(object, key, {
        value: likeNative(inner),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    return object
  }

  test('the same texts are taken, with the same values; duplicate keys apart', () => {
    fc.assert(
      fc.property(text, text => {
        const theirs = native(text)
        const mine = ours(text)
        if (mine instanceof MalformedJson) return theirs === undefined || /only once|deep/.test(mine.message)
        assert.deepEqual(likeNative(mine.value), theirs?.value)
        return theirs !== undefined
      }),
      { numRuns: 20_000 },
    )
  })

  test('mending changes nothing in a text that is JSON and has no key with a colon', () => {
    fc.assert(
      fc.property(text, text => {
        const strict = ours(text)
        if (strict instanceof MalformedJson || /:"/.test(text)) return
        assert.deepEqual(ours(text, true), strict)
      }),
      { numRuns: 5_000 },
    )
  })

  test('a number survives reading and writing as its text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/), text => {
        const value = readJson(text)
        return (value instanceof NumberLiteral ? value.text : String(value)) === text
      }),
    )
  })
})
