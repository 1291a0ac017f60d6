/** The values that cross the boundary: ids, money, quantities, texts and times, as clients write and read them. */
import { z } from 'zod'
import { literalText } from '../bus/number-literal.ts'
import type { ProblemCode } from '../bus/problem.ts'

/** The most a balance can be: 9,999,999,999,999.99, in minor units. Fifteen digits, so a float holds it exactly. */
export const MAX_BALANCE_MINOR = 999_999_999_999_999

/** The most of one product in one order. */
const MAX_QUANTITY = 1_000_000

const ID = /^[A-Za-z0-9_-]{1,64}$/
const DIGITS = /^\d+$/
const AMOUNT = /^(0|[1-9]\d*)(?:\.(\d{1,2}))?$/
/** The same without zero. For others to read, to some of whom \d is a digit of any script. */
const AMOUNT_PATTERN = String.raw`^(?:[1-9][0-9]*(?:\.[0-9]{1,2})?|0\.(?:[1-9][0-9]?|0[1-9]))$`
const CANONICAL_INTEGER = /^[1-9]\d{0,15}$/

/**
 * A field that is read from JSON by `read`, which gives `undefined` for what it doesn't take. `Input` is what a client's
 * compiler is told to send, as `schema` tells everybody else.
 */
export const field = <T, Input>(
  read: (value: unknown) => T | undefined,
  about: { problem: ProblemCode; message: string; schema: Record<string, unknown> },
) =>
  z
    .unknown()
    .transform((value, context): T => {
      const taken = read(value)
      if (taken !== undefined) return taken
      context.issues.push({ code: 'custom', input: value, message: about.message })
      return z.NEVER
    })
    .meta({ problem: about.problem, jsonSchema: about.schema }) as unknown as z.ZodType<T, Input>

// ---- ids

/** The text of an id, or `undefined` for what is none. */
export const readId = (value: unknown): string | undefined => {
  const text = literalText(value)
  if (text === undefined || !ID.test(text)) return undefined
  // -1 is what many programs say for "none", and 1e5 is a quantity: as numbers they are no ids, though the characters fit.
  return typeof value === 'string' || DIGITS.test(text) ? text : undefined
}

/** An id on input: a string or number of 1–64 of `[A-Za-z0-9_-]`; inside it is always its text. */
export const id = field<string, string | number>(readId, {
  problem: 'invalid_id',
  message: 'should be 1 to 64 of the characters A-Z a-z 0-9 _ -',
  schema: {
    anyOf: [
      { type: 'string', pattern: ID.source },
      { type: 'integer', minimum: 0 },
    ],
  },
})

/** A user's id on output: a JSON number when it is a canonical positive integer up to 2^53−1, else a string. */
export const userIdOut = (id: string): number | string => {
  if (!CANONICAL_INTEGER.test(id)) return id
  const number = Number(id)
  return Number.isSafeInteger(number) ? number : id
}

/** The shape of `userIdOut`. */
export const shownUserId = z.union([z.int().positive(), z.string().regex(ID)])

/** The shape of every other id on output. */
export const shownId = z.string().regex(ID)

// ---- money

/**
 * Integer minor units of an amount as written, or `undefined` for what is none: zero, signs, exponents, spaces, more
 * than two decimals. An amount beyond every balance is `MAX_BALANCE_MINOR + 1`, which every rule refuses.
 */
export const readAmount = (value: unknown): number | undefined => {
  const text = literalText(value)
  const match = text === undefined ? null : AMOUNT.exec(text)
  if (!match?.[1]) return undefined
  if (match[1].length > 13) return MAX_BALANCE_MINOR + 1
  const minor = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
  return minor > 0 ? minor : undefined
}

/** An amount on input: `"1000"`, `"1000.50"`, `1000`, `1000.5`; inside integer minor units. */
export const amount = field<number, string | number>(readAmount, {
  problem: 'invalid_amount',
  message: 'should be a positive amount with at most two decimals, like "1000" or 99.90',
  schema: {
    anyOf: [
      { type: 'string', pattern: AMOUNT_PATTERN },
      // No multipleOf: whoever checks it in floating point would refuse 19.99.
      { type: 'number', minimum: 0.01 },
    ],
  },
})

/** `"1000"` or `"99.90"`: an amount on output, from minor units. */
export const amountOut = (minor: number): string => {
  const cents = minor % 100
  return cents === 0 ? String(minor / 100) : `${Math.trunc(minor / 100)}.${String(cents).padStart(2, '0')}`
}

/** The shape of `amountOut`. */
export const shownAmount = z.string().regex(/^\d+(\.\d{2})?$/)

/** Minor units of an amount that we wrote ourselves. */
export const minorOf = (shown: string): number => {
  const minor = readAmount(shown)
  if (minor === undefined) throw new Error(`Cannot read the amount "${shown}" of an event: it was not written by Kassa`)
  return minor
}

/** A balance on output: a JSON number. Fifteen digits at most, so the division prints exactly. */
export const balanceOut = (minor: number): number => minor / 100

/** The shape of `balanceOut`. */
export const shownBalance = z.number().nonnegative()

// ---- the rest

/** How many of a product: a whole JSON number. */
export const quantity = field<number, number>(
  value => (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_QUANTITY ? Number(value) : undefined),
  {
    problem: 'invalid_quantity',
    message: `should be a whole number from 1 to ${MAX_QUANTITY}`,
    schema: { type: 'integer', minimum: 1, maximum: MAX_QUANTITY },
  },
)

// What a pattern refuses, as it stands between brackets. Ranges, since not everybody who reads a JSON Schema knows \p{Cc}.
const NOT_IN_A_LINE = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029`
const NOT_IN_A_TEXT = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f`

/** One line of text of 1 to `most` characters, not only spaces, without control characters. */
export const line = (most: number) =>
  textField(most, NOT_IN_A_LINE, `should be text of 1 to ${most} characters without line breaks or control characters`)

/** Text of 1 to `most` characters, not only spaces; line breaks and tabs may be in it. */
export const text = (most: number) =>
  textField(most, NOT_IN_A_TEXT, `should be text of 1 to ${most} characters without control characters`)

const textField = (most: number, refused: string, message: string) => {
  // One character is no space; those before it are, so that there is one way alone to read a text.
  const pattern = String.raw`^[^\S${refused}]*[^\s${refused}][^${refused}]*$`
  const isText = new RegExp(pattern)
  return field<string, string>(value => (isLine(value, most) && isText.test(value) ? value : undefined), {
    problem: 'invalid_field',
    message,
    schema: { type: 'string', minLength: 1, maxLength: most, pattern },
  })
}

// A lone surrogate would be another character once it is stored as UTF-8. A pair of them is one, as JSON Schema counts.
const isLine = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.isWellFormed() && (value.length <= most || Array.from(value).length <= most)

// zod's, and the domains that mail knows as letters of ASCII (RFC 5890): .рф is .xn--p1ai.
const EMAIL = new RegExp(
  z.regexes.email.source.replace(/\[A-Za-z\]\{2,\}\$$/, '(?:[A-Za-z]{2,}|xn--[A-Za-z0-9-]*[A-Za-z0-9])$'),
)

/** An e-mail address, up to 254 characters (RFC 5321). */
export const email = field<string, string>(
  value => (typeof value === 'string' && value.length <= 254 && EMAIL.test(value) ? value : undefined),
  {
    problem: 'invalid_field',
    message: 'should be an e-mail address like user@example.com',
    schema: { type: 'string', format: 'email', maxLength: 254, pattern: EMAIL.source },
  },
)

/** The languages that letters are written in; the first is the default. */
export const LOCALES = ['ru', 'en'] as const
export type Locale = (typeof LOCALES)[number]

/** A user's language. */
export const locale = z.enum(LOCALES)

/** A moment on input, RFC 3339; inside milliseconds since 1970. */
export const moment = field<number, string>(readMoment, {
  problem: 'invalid_field',
  message: 'should be an RFC 3339 time like 2023-09-07T14:30:00Z',
  schema: { type: 'string', format: 'date-time' },
})

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/

function readMoment(value: unknown): number | undefined {
  const match = typeof value === 'string' ? RFC_3339.exec(value) : null
  if (!match?.[1]) return undefined
  const at = Date.parse((value as string).toUpperCase())
  // Date.parse takes 30 February for 2 March in some engines; the day must give itself back.
  const day = Date.parse(`${match[1]}T00:00:00Z`)
  if (Number.isNaN(at) || Number.isNaN(day) || !new Date(day).toISOString().startsWith(match[1])) return undefined
  // A zone may carry it out of the years 0 to 9999, beyond which nobody prints four digits.
  return new Date(at).toISOString().length === 24 ? at : undefined
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** A moment on output: RFC 3339 UTC with whole seconds. Throws a `RangeError` for what is no time. */
export const momentOut = (ms: number): string => {
  const at = new Date(ms)
  const year = at.getUTCFullYear()
  if (!(year >= 1000 && year <= 9999)) return `${at.toISOString().slice(0, 19)}Z`
  // toISOString takes twice as long, and a page of history has twenty of them.
  const day = `${year}-${TWO_DIGITS[at.getUTCMonth() + 1]}-${TWO_DIGITS[at.getUTCDate()]}`
  return `${day}T${TWO_DIGITS[at.getUTCHours()]}:${TWO_DIGITS[at.getUTCMinutes()]}:${TWO_DIGITS[at.getUTCSeconds()]}Z`
}

/** The last millisecond of a shown moment: what is shown as 14:30:00 has happened by 14:30:00, however late in that second. */
export const endOfSecond = (ms: number): number => (ms % 1000 === 0 ? ms + 999 : ms)

/** From one moment to another as rows are asked for, both included; without one, from the beginning or to the end. */
export const span = (from: number | undefined, to: number | undefined): { from: number; to: number } => ({
  from: from ?? 0,
  to: to === undefined ? Number.MAX_SAFE_INTEGER : endOfSecond(to),
})

/** The shape of `momentOut`. */
export const shownMoment = z.iso.datetime()
