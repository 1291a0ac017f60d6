/** Reads JSON strictly: money from its literal, no duplicate keys, and on wish the two defects of the founding document. */
import { Malformed } from './contract.ts'
import { NumberLiteral } from './number-literal.ts'

/** How deep objects and arrays may lie in each other; the deepest documented body has two levels. */
const MAX_DEPTH = 16

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y

/** Thrown for a text that is not JSON. Says where, and nothing of what stands there: it may be a person's data. */
export class MalformedJson extends Malformed {
  override name = 'MalformedJson'
  /** Index into the text, from 0. */
  readonly position: number
  constructor(position: number, wish: string) {
    const detail = `Cannot read the body as JSON at position ${position}: ${wish}`
    super({ code: 'malformed_json', detail })
    this.position = position
  }
}

/**
 * `mend`: also take `{"user_id:" 7}`, a comma before a closing bracket, and a colon at the end of a key. The founding
 * document's own examples have these faults.
 */
export type ReadJsonOptions = { mend?: boolean }

/**
 * The value of a JSON text (RFC 8259). Objects have no prototype, so that no key is special. A number that prints as it
 * was written is a number, any other a `NumberLiteral`. Throws `MalformedJson`.
 */
export const readJson = (text: string, { mend = false }: ReadJsonOptions = {}): unknown => {
  const source: Source = { text, at: 0, mend }
  const value = readValue(source, 0)
  skipSpace(source)
  if (source.at < text.length) throw new MalformedJson(source.at, 'nothing should follow the value')
  return value
}

// A text that is JSON reads the same with and without `mend`, except for the colon at the end of a top-level key: no
// other step that mends is reached before strict reading would have failed. So one pass is "strictly first".
type Source = { readonly text: string; at: number; readonly mend: boolean }

const readValue = (source: Source, depth: number): unknown => {
  skipSpace(source)
  const next = source.text[source.at]
  if (next === '{') return readObject(source, depth + 1)
  if (next === '[') return readArray(source, depth + 1)
  if (next === '"') return readString(source)
  if (next === 't') return readWord(source, 'true', true)
  if (next === 'f') return readWord(source, 'false', false)
  if (next === 'n') return readWord(source, 'null', null)
  return readNumber(source)
}

const readObject = (source: Source, depth: number): Record<string, unknown> => {
  refuseDepth(source, depth)
  const object: Record<string, unknown> = Object.create(null)
  source.at++
  if (takes(source, '}')) return object

  do {
    const at = source.at
    const key = readKey(source, depth)
    if (key in object) throw new MalformedJson(at, 'a key should stand only once in its object')
    object[key] = readValue(source, depth)
    if (!takes(source, ',')) {
      if (takes(source, '}')) return object
      throw new MalformedJson(source.at, 'a comma or } should follow')
    }
  } while (!(source.mend && takes(source, '}')))

  return object
}

const readArray = (source: Source, depth: number): unknown[] => {
  refuseDepth(source, depth)
  const array: unknown[] = []
  source.at++
  if (takes(source, ']')) return array

  do {
    array.push(readValue(source, depth))
    if (!takes(source, ',')) {
      if (takes(source, ']')) return array
      throw new MalformedJson(source.at, 'a comma or ] should follow')
    }
  } while (!(source.mend && takes(source, ']')))

  return array
}

const readKey = (source: Source, depth: number): string => {
  skipSpace(source)
  if (source.text[source.at] !== '"') throw new MalformedJson(source.at, 'a key in double quotes should stand here')
  const key = readString(source)
  const endsInColon = source.mend && source.text[source.at - 2] === ':'

  if (takes(source, ':')) return endsInColon && depth === 1 ? key.slice(0, -1) : key
  if (endsInColon) return key.slice(0, -1)
  throw new MalformedJson(source.at, 'a colon should follow the key')
}

const readString = (source: Source): string => {
  const { text, at: start } = source
  let escaped = false
  let at = start + 1
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22) break
    if (unit < 0x20) throw new MalformedJson(at, 'a control character in a string should be escaped')
    if (unit !== 0x5c) continue
    escaped = true
    at++
  }
  if (at >= text.length) throw new MalformedJson(start, 'a string should end with a double quote')

  source.at = at + 1
  return escaped ? unescaped(text.slice(start, at + 1), start) : text.slice(start + 1, at)
}

const unescaped = (literal: string, at: number): string => {
  try {
    return JSON.parse(literal)
  } catch (fault) {
    if (fault instanceof SyntaxError) throw new MalformedJson(at, 'a string has an escape that JSON does not know')
    throw fault
  }
}

const readNumber = (source: Source): number | NumberLiteral => {
  NUMBER.lastIndex = source.at
  const text = NUMBER.exec(source.text)?.[0]
  if (text === undefined) throw new MalformedJson(source.at, 'a value should stand here')
  source.at += text.length
  const number = Number(text)
  return String(number) === text ? number : new NumberLiteral(text)
}

const readWord = <T>(source: Source, word: string, value: T): T => {
  if (!source.text.startsWith(word, source.at)) throw new MalformedJson(source.at, 'a value should stand here')
  source.at += word.length
  return value
}

const refuseDepth = (source: Source, depth: number): void => {
  if (depth > MAX_DEPTH) throw new MalformedJson(source.at, `objects and arrays should be at most ${MAX_DEPTH} deep`)
}

const takes = (source: Source, mark: string): boolean => {
  skipSpace(source)
  if (source.text[source.at] !== mark) return false
  source.at++
  return true
}

const skipSpace = (source: Source): void => {
  SPACE.lastIndex = source.at
  source.at += SPACE.exec(source.text)?.[0].length ?? 0
}
