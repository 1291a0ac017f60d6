/** A JSON Schema as a person reads it: a field a line, with its type, its bounds and what it means. */
import { h } from './dom.js'

/** What a `$ref` of `document` leads to; anything else as it is. */
export const resolve = (document, schema) => {
  let found = schema ?? {}
  while (found.$ref) {
    found = found.$ref
      .slice(2)
      .split('/')
      .reduce((at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')], document)
  }
  return found
}

/** `string or whole number`, `list of …`, `one of Pending, Confirmed`. */
const typeOf = (document, given) => {
  const schema = resolve(document, given)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  const either = schema.anyOf ?? schema.oneOf
  if (either) return [...new Set(either.map(one => typeOf(document, one)))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(document, schema.items)}`
  if (schema.type === 'integer') return 'whole number'
  if (schema.type === 'null') return 'null'
  return [schema.type ?? (schema.properties || schema.allOf ? 'object' : 'anything')].flat().join(' or ')
}

const BOUNDS = {
  minimum: bound => `at least ${bound}`,
  maximum: bound => `at most ${bound}`,
  minLength: bound => `at least ${bound} characters`,
  maxLength: bound => `at most ${bound} characters`,
  format: format => `format ${format}`,
  pattern: pattern => `pattern ${pattern}`,
}

const boundsOf = (document, given) => {
  const schema = resolve(document, given)
  return Object.entries(BOUNDS)
    .filter(([name]) => schema[name] !== undefined)
    .map(([name, words]) => words(schema[name]))
    .join(', ')
}

/** All of an `allOf` in one. */
const merged = (document, given) => {
  const schema = resolve(document, given)
  if (!schema.allOf) return schema
  const parts = schema.allOf.map(part => merged(document, part))
  return {
    ...schema,
    properties: Object.assign({}, schema.properties, ...parts.map(({ properties }) => properties)),
    required: [...(schema.required ?? []), ...parts.flatMap(({ required }) => required ?? [])],
  }
}

// Deeper than any of ours; a schema that leads back to itself ends there.
const DEEPEST = 6

/** The fields of an object as a list, those of objects and lists in it below them. */
export const fieldsOf = (document, given, depth = 0) => {
  const schema = merged(document, given)
  const inner = schema.type === 'array' ? merged(document, schema.items) : schema
  const entries = Object.entries(inner.properties ?? {})
  if (entries.length === 0 || depth > DEEPEST)
    return depth === 0 ? h('p', { class: 'where' }, typeOf(document, given)) : null
  return [
    depth === 0 && schema.type === 'array' && h('p', { class: 'where' }, 'A list of:'),
    h(
      'ul',
      { class: 'fields' },
      entries.map(([name, field]) => {
        const { description } = resolve(document, field)
        const bounds = boundsOf(document, field)
        const must = inner.required?.includes(name)
        return h(
          'li',
          {},
          h('code', {}, name),
          ' ',
          h('span', { class: 'where' }, typeOf(document, field), must ? '' : ', optional', bounds && `, ${bounds}`),
          description && h('p', {}, description),
          fieldsOf(document, field, depth + 1),
        )
      }),
    ),
  ]
}
