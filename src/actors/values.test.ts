/** What crosses the boundary: taken exactly as it is written, or refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { z } from 'zod'
import { readJson } from '../bus/json.ts'
import {
  amount,
  amountOut,
  balanceOut,
  email,
  id,
  line,
  locale,
  MAX_BALANCE_MINOR,
  minorOf,
  moment,
  momentOut,
  quantity,
  readAmount,
  readId,
  shownAmount,
  shownBalance,
  text,
  userIdOut,
} from './values.ts'

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success

/** What `schema` makes of a JSON text, as it comes over the wire; `undefined` when it is refused. */
const fromJson = (schema: z.ZodType, json: string): unknown => schema.safeParse(readJson(json)).data

describe('ids: on input', () => {
  const taken: [json: string, id: string][] = [
    ['"unique_user_id"', 'unique_user_id'],
    ['93493453', '93493453'],
    ['"93493453"', '93493453'],
    ['0', '0'],
    ['"0064"', '0064'],
    ['9007199254740993', '9007199254740993'],
    [`"${'a'.repeat(64)}"`, 'a'.repeat(64)],
  ]
  for (const [json, expected] of taken) it(`${json} is "${expected}"`, () => assert.equal(fromJson(id, json), expected))

  const refused = {
    'an empty text': '',
    '65 characters': 'a'.repeat(65),
    'a space': 'a b',
    'a dot, which would be a subject of its own': 'a.b',
    'a wildcard': '*',
    'a line break at the end': '7\n',
    'a letter outside of ASCII': 'ключ',
    'a digit outside of ASCII': '٧',
    'half a number': 1.5,
    null: null,
    'a truth value': true,
    'an array': ['7'],
    'an object': { id: '7' },
  }
  for (const [what, value] of Object.entries(refused)) it(`${what} is refused`, () => assert.ok(!takes(id, value)))

  for (const json of ['-1', '1e5', '-0', '1.0', '-9007199254740993'])
    it(`the number ${json} is refused`, () => assert.equal(fromJson(id, json), undefined))

  it('everything else than 1 to 64 of the characters is refused, and these are kept as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 70 }), value => {
        assert.equal(readId(value), /^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : undefined)
      }),
    )
  })
})

describe('ids: a user’s, on output', () => {
  const shown: [id: string, out: string | number][] = [
    ['93493453', 93493453],
    ['1', 1],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['99999999999999999999', '99999999999999999999'],
    ['0', '0'],
    ['007', '007'],
    ['-7', '-7'],
    ['unique_user_id', 'unique_user_id'],
  ]
  for (const [id, out] of shown) it(`"${id}" is ${JSON.stringify(out)}`, () => assert.equal(userIdOut(id), out))

  it('reads back as the same id, whatever it is', () => {
    const anyId = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
    )
    fc.assert(fc.property(anyId, id => readId(userIdOut(id)) === id))
  })
})

// 1 to MAX_BALANCE_MINOR, the small and the huge alike.
const minorUnits = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: MAX_BALANCE_MINOR }),
  fc.integer({ min: MAX_BALANCE_MINOR - 1000, max: MAX_BALANCE_MINOR }),
)

/** Every way in which this many minor units may be written. */
const literalsOf = (minor: number): string[] => {
  const units = Math.trunc(minor / 100)
  const cents = String(minor % 100).padStart(2, '0')
  const all = [`${units}.${cents}`]
  if (cents.endsWith('0')) all.push(`${units}.${cents[0]}`)
  if (cents === '00') all.push(String(units))
  return all
}

describe('money: an amount on input', () => {
  const taken: [json: string, minor: number][] = [
    ['"1000"', 1000_00],
    ['"1000.50"', 1000_50],
    ['1000', 1000_00],
    ['1000.5', 1000_50],
    ['1000.50', 1000_50],
    ['"0.01"', 1],
    ['0.1', 10],
    ['"0.30"', 30],
    ['9999999999999.99', MAX_BALANCE_MINOR],
  ]
  for (const [json, minor] of taken)
    it(`${json} is ${minor} minor units`, () => assert.equal(fromJson(amount, json), minor))

  it('any literal of any amount is read exactly, as a string and as a number', () => {
    fc.assert(
      fc.property(minorUnits, minor => {
        for (const literal of literalsOf(minor)) {
          assert.equal(fromJson(amount, `"${literal}"`), minor)
          assert.equal(fromJson(amount, literal), minor)
        }
      }),
    )
  })

  const refused: Record<string, string> = {
    zero: '0',
    'zero with decimals': '"0.00"',
    'minus zero': '-0',
    'a negative amount': '-5',
    'a negative amount as text': '"-5"',
    'a plus sign': '"+5"',
    'three decimals': '1.005',
    'three decimals that are zeros': '"1.000"',
    'an exponent': '1e3',
    'an exponent as text': '"1e3"',
    'a huge number, which prints with an exponent': '1e21',
    'a leading zero': '"007"',
    'two leading zeros': '"00.5"',
    'no digit before the point': '".5"',
    'no digit after the point': '"5."',
    'a space before': '" 5"',
    'a space after': '"5 "',
    'a line break after': '"5\\n"',
    'a comma for the point': '"5,50"',
    'a thousands separator': '"1,000"',
    'an underscore': '"1_000"',
    'a currency': '"5 RUB"',
    'hexadecimal digits': '"0x10"',
    'Arabic digits': '"١٠"',
    'full-width digits': '"１０"',
    'an empty text': '""',
    infinity: '"Infinity"',
    null: 'null',
    'a truth value': 'true',
    'an array': '[5]',
    'an object': '{"amount":5}',
  }
  for (const [what, json] of Object.entries(refused))
    it(`${what} (${json}) is refused`, () => assert.equal(fromJson(amount, json), undefined))

  it('an amount beyond every balance, however long, is one that every rule refuses', () => {
    for (const literal of ['10000000000000', '99999999999999999999', `1${'0'.repeat(400)}.01`])
      assert.equal(readAmount(literal), MAX_BALANCE_MINOR + 1)
  })

  it('whatever text is taken prints as the same amount', () => {
    const near = fc.array(fc.constantFrom(...'0123456789.-+eE ,٣'), { maxLength: 16 }).map(all => all.join(''))
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'grapheme' })), literal => {
        const minor = readAmount(literal)
        if (minor === undefined || minor > MAX_BALANCE_MINOR) return
        assert.ok(Number.isSafeInteger(minor) && minor > 0)
        assert.ok(literalsOf(minor).includes(literal), `${literal} became ${minor}`)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('money: on output', () => {
  const shown: [minor: number, amount: string, balance: string][] = [
    [1, '0.01', '0.01'],
    [30, '0.30', '0.3'],
    [99_90, '99.90', '99.9'],
    [1000_00, '1000', '1000'],
    [1000_50, '1000.50', '1000.5'],
    [2000_00, '2000', '2000'],
    [MAX_BALANCE_MINOR, '9999999999999.99', '9999999999999.99'],
  ]
  for (const [minor, amount, balance] of shown)
    it(`${minor} minor units are the amount "${amount}" and the balance ${balance}`, () => {
      assert.equal(amountOut(minor), amount)
      assert.equal(JSON.stringify(balanceOut(minor)), balance)
    })

  it('an empty account has the balance 0', () => assert.equal(JSON.stringify(balanceOut(0)), '0'))

  it('any amount reads back exactly and has the documented shape', () => {
    fc.assert(
      fc.property(minorUnits, minor => {
        const out = amountOut(minor)
        assert.equal(minorOf(out), minor)
        assert.ok(takes(shownAmount, out))
        assert.match(out, /^\d+(\.\d\d)?$/)
        assert.ok(!out.endsWith('.00'))
      }),
    )
  })

  it('any balance prints the integer it comes from, without a digit too many', () => {
    fc.assert(
      fc.property(minorUnits, minor => {
        const exact = amountOut(minor).replace(/(\.\d)0$/, '$1')
        assert.equal(JSON.stringify(balanceOut(minor)), exact)
        assert.ok(takes(shownBalance, balanceOut(minor)))
      }),
    )
  })

  it('an event’s amount that Kassa did not write stops everything', () =>
    assert.throws(() => minorOf('-5'), /Cannot read the amount "-5" of an event/))
})

describe('what is told of them as JSON Schema', () => {
  const patternOf = (schema: z.ZodType): RegExp => {
    const told = schema.meta()?.jsonSchema as { pattern?: string; anyOf?: { pattern?: string }[] }
    return new RegExp(told.pattern ?? told.anyOf?.[0]?.pattern ?? '$^')
  }
  const near = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 })

  const told: [string, z.ZodType, fc.Arbitrary<string>][] = [
    ['an amount', amount, near('01.9,-e')],
    ['an e-mail address', email, near("aZ0.'_+-@ ").map(text => text.replace('@', '@a.'))],
    ['a line', line(12), near('a \u0000\u0085\u2028\u00a0\n')],
    ['a text', text(12), near('a \u0000\u007f\u2028\u00a0\n\r\t')],
    ['an id', id, near('aZ0_-. ')],
  ]
  for (const [what, schema, texts] of told)
    it(`${what} is taken where the pattern fits, and nowhere else`, () => {
      const pattern = patternOf(schema)
      fc.assert(
        fc.property(texts, value => takes(schema, value) === pattern.test(value)),
        { numRuns: 2_000 },
      )
    })
})

describe('quantities', () => {
  for (const json of ['1', '5', '1000000'])
    it(`${json} is taken`, () => assert.equal(fromJson(quantity, json), Number(json)))

  for (const json of ['0', '-1', '1.5', '1000001', '5.0', '5e0', '"5"', 'null', 'true', '[5]', '9007199254740993'])
    it(`${json} is refused`, () => assert.equal(fromJson(quantity, json), undefined))
})

describe('texts', () => {
  const name = line(10)
  const letter = text(10)

  it('a line is kept as it is written', () => assert.equal(name.parse(' Łukasz  '), ' Łukasz  '))
  it('a letter may have line breaks and tabs', () => assert.equal(letter.parse('a\r\n\tb'), 'a\r\n\tb'))
  it('an emoji counts as one character, as it does for JSON Schema', () => {
    assert.ok(takes(name, '😀'.repeat(10)))
    assert.ok(!takes(name, '😀'.repeat(11)))
  })

  const refusedByBoth: Record<string, unknown> = {
    'an empty text': '',
    'spaces alone': ' \t',
    'too many characters': 'a'.repeat(11),
    'a zero byte': 'a\u0000b',
    'a bell': 'a\u0007b',
    'an escape, which a terminal would obey': 'a\u001b[2J',
    'a delete character': 'a\u007fb',
    'half a character (a high surrogate alone)': 'a\ud800b',
    'half a character (a low surrogate alone)': 'a\udc00',
    'a number': 7,
    null: null,
    'an array': ['a'],
  }
  for (const [what, value] of Object.entries(refusedByBoth))
    it(`${what} is neither a line nor a letter`, () => {
      assert.ok(!takes(name, value))
      assert.ok(!takes(letter, value))
    })

  for (const [what, value] of Object.entries({
    'a line feed': 'a\nb',
    'a carriage return': 'a\rb',
    'a tab': 'a\tb',
    'a next line (C1)': 'a\u0085b',
    'a line separator': 'a\u2028b',
    'a paragraph separator': 'a\u2029b',
  }))
    it(`${what} is in no line`, () => assert.ok(!takes(name, value)))

  it('whatever is taken comes out of UTF-8 as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 10 }), value => {
        const taken = letter.safeParse(value)
        if (taken.success) assert.equal(Buffer.from(taken.data, 'utf8').toString('utf8'), value)
      }),
    )
  })
})

describe('e-mail addresses and languages', () => {
  for (const address of ['ivan@example.com', 'first.last+tag@mail.example.org', 'ivan@xn--e1afmkfd.xn--p1ai'])
    it(`${address} is an address`, () => assert.ok(takes(email, address)))

  for (const value of [
    '',
    'ivan',
    'ivan@',
    '@example.com',
    'a b@example.com',
    'a@b\n.com',
    'ivan@example.xn--',
    'ivan@пример.рф',
    `${'a'.repeat(250)}@b.cc`,
    7,
  ])
    it(`${JSON.stringify(value).slice(0, 40)} is none`, () => assert.ok(!takes(email, value)))

  it('letters are written in Russian and English', () => {
    assert.ok(takes(locale, 'ru'))
    assert.ok(takes(locale, 'en'))
    assert.ok(!takes(locale, 'de'))
    assert.ok(!takes(locale, 'toString'))
  })
})

describe('moments', () => {
  const taken: [text: string, out: string][] = [
    ['2023-09-07T14:30:00Z', '2023-09-07T14:30:00Z'],
    ['2023-09-07t14:30:00z', '2023-09-07T14:30:00Z'],
    ['2023-09-07T14:30:00.999999999Z', '2023-09-07T14:30:00Z'],
    ['2023-09-07T17:30:00+03:00', '2023-09-07T14:30:00Z'],
    ['2023-09-06T22:30:00-16:00', '2023-09-07T14:30:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ]
  for (const [value, out] of taken) it(`${value} is ${out}`, () => assert.equal(momentOut(moment.parse(value)), out))

  const refused = {
    'a day that is not in the calendar': '2023-02-29T00:00:00Z',
    'the 31st of a short month': '2023-04-31T00:00:00Z',
    'a thirteenth month': '2023-13-01T00:00:00Z',
    'an hour 24': '2023-09-07T24:00:00Z',
    'a minute 60': '2023-09-07T14:60:00Z',
    'a second 60': '2023-09-07T23:59:60Z',
    'no zone': '2023-09-07T14:30:00',
    'no time': '2023-09-07',
    'no seconds': '2023-09-07T14:30Z',
    'a space for the T': '2023-09-07 14:30:00Z',
    'a space after': '2023-09-07T14:30:00Z ',
    'a five-digit year': '12023-09-07T14:30:00Z',
    'a zone that leads before the year 0': '0000-01-01T00:00:00+01:00',
    'a zone that leads beyond the year 9999': '9999-12-31T23:59:59-01:00',
    'a number': 1694097000000,
    null: null,
  }
  for (const [what, value] of Object.entries(refused)) it(`${what} is refused`, () => assert.ok(!takes(moment, value)))

  it('any moment of whole seconds prints as it is read', () => {
    const seconds = fc.integer({ min: Date.parse('0001-01-01T00:00:00Z') / 1000, max: 253_402_300_799 })
    fc.assert(fc.property(seconds, at => moment.parse(momentOut(at * 1000)) === at * 1000))
  })
})
