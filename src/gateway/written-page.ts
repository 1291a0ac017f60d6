/** A page that its actor wrote just as the gateway would write it again: its rows go to the client as they came. */
import { z } from 'zod'

/** `items` is the JSON of its rows, an array of so many. */
export type WrittenPage = { items: string; rows: number; next_cursor: string | null }

const BEGIN = '{"items":['
/** What JSON writes as it is. */
const INK = String.raw`[^"\\\u0000-\u001f]*`
const END = new RegExp(String.raw`\],"next_cursor":(?:null|"(${INK})")\}$`, 'y')

/**
 * Makes the reader of pages of `reply` (`pageOf`). It gives `undefined` where a text has to be parsed, checked and
 * written again, which takes ten times as long: always where a row may have more than `patternOf` knows, and for every
 * text that says anything that `reply` refuses or leaves out, or says it in another way.
 */
export const createPageReader = (reply: z.ZodType): ((text: string) => WrittenPage | undefined) => {
  const items = reply instanceof z.ZodObject ? reply.shape.items : undefined
  const pattern = items instanceof z.ZodArray ? patternOf(items.element as z.ZodType) : undefined
  if (pattern === undefined) return () => undefined
  const row = new RegExp(pattern, 'y')

  return text => {
    if (!text.startsWith(BEGIN)) return undefined
    let at = BEGIN.length
    let rows = 0
    while (text[at] !== ']') {
      if (rows > 0 && text[at++] !== ',') return undefined
      row.lastIndex = at
      if (!row.test(text)) return undefined
      at = row.lastIndex
      rows++
    }
    END.lastIndex = at
    const end = END.exec(text)
    return end ? { items: text.slice(BEGIN.length - 1, at + 1), rows, next_cursor: end[1] ?? null } : undefined
  }
}

/** The JSON of what fits `schema`, as `JSON.stringify` writes it, keys in order; `undefined` where that is more than we know. */
const patternOf = (schema: z.ZodType): string | undefined => {
  if (schema instanceof z.ZodNullable) return anyOf([patternOf(schema.unwrap() as z.ZodType), 'null'])
  if (schema instanceof z.ZodUnion) return anyOf(schema.options.map(option => patternOf(option as z.ZodType)))
  if (schema instanceof z.ZodISODateTime) return textOf([schema.def.pattern])
  const checks = (schema.def.checks ?? []).map(check => check._zod.def)
  if (schema instanceof z.ZodString && !('format' in schema.def))
    return textOf(checks.map(check => ('pattern' in check ? (check.pattern as RegExp) : undefined)))
  // Fifteen digits: with more, another number might be meant than what is written.
  if (schema instanceof z.ZodNumberFormat && schema.format === 'safeint' && checks.every(isPositive))
    return checks.length > 0 ? '[1-9]\\d{0,14}' : '(?:0|-?[1-9]\\d{0,14})'
  if (checks.length > 0) return undefined
  if (schema instanceof z.ZodEnum)
    return schema.options.every(option => typeof option === 'string' && /^\w+$/.test(option))
      ? `"(?:${schema.options.join('|')})"`
      : undefined
  if (!(schema instanceof z.ZodObject)) return undefined

  const fields = Object.entries(schema.shape).map(([name, field]) => {
    const pattern = patternOf(field as z.ZodType)
    return pattern === undefined || !/^\w+$/.test(name) ? undefined : `"${name}":${pattern}`
  })
  return fields.includes(undefined) ? undefined : `\\{${fields.join(',')}\\}`
}

const anyOf = (patterns: (string | undefined)[]): string | undefined =>
  patterns.includes(undefined) ? undefined : `(?:${patterns.join('|')})`

const isPositive = (check: object): boolean =>
  'check' in check &&
  check.check === 'greater_than' &&
  'value' in check &&
  check.value === 0 &&
  !('inclusive' in check && check.inclusive)

/** A string that each of `patterns` takes whole. */
const textOf = (patterns: (RegExp | undefined)[]): string | undefined => {
  const ahead = patterns.map(pattern => {
    const inside = pattern?.flags === '' ? /^\^(.*)\$$/s.exec(pattern.source)?.[1] : undefined
    return inside && `(?=(?:${inside})")`
  })
  return ahead.includes(undefined) ? undefined : `"${ahead.join('')}${INK}"`
}
