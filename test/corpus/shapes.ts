/** The shape of every event of a contract, and what a later version may not do to it. */
import { z } from 'zod'
import type { Contract } from '../../src/bus/contract.ts'

/** Fields by name, each with its schema, and the names of those that are always there. */
export type Shape = { properties: Record<string, unknown>; required: string[] }

/** By type of event: the JSON Schema of its fields, those that are sealed among them. */
export const shapesOf = (contract: Contract): Record<string, Shape> =>
  Object.fromEntries(
    Object.entries(contract.events).map(([type, { data, personal }]) => {
      const open = schemaOf(data)
      const sealed = personal ? schemaOf(personal) : { properties: {}, required: [] }
      return [
        type,
        {
          properties: { ...open.properties, ...sealed.properties },
          required: [...open.required, ...sealed.required].sort(),
        },
      ]
    }),
  )

const schemaOf = (schema: z.ZodObject): Shape => {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' })
  return { properties, required }
}

/** What is wrong with `now` as a successor of `then`, a line each: a shape may only gain fields, and only optional ones. */
export const breaches = (then: Record<string, Shape>, now: Record<string, Shape>): string[] =>
  Object.entries(then).flatMap(([type, old]) => {
    const shape = now[type]
    if (!shape) return [`${type} is gone: logs that have it can not be read any more`]
    const changed = Object.entries(old.properties).flatMap(([field, schema]) => {
      if (!(field in shape.properties)) return [`${type}.${field} is gone`]
      return takesAll(schema, shape.properties[field])
        ? []
        : [`${type}.${field} is another field now; give the event a new name`]
    })
    const demanded = shape.required.filter(field => !old.required.includes(field))
    const released = old.required.filter(field => field in shape.properties && !shape.required.includes(field))
    return [
      ...changed,
      ...demanded.map(field => `${type}.${field} is required, and older logs lack it; make it optional`),
      ...released.map(field => `${type}.${field} is optional now, and those who read it count on it`),
    ]
  })

/** The same schema, or the same list of words with more words at its end. */
const takesAll = (then: unknown, now: unknown): boolean => {
  if (JSON.stringify(then) === JSON.stringify(now)) return true
  const [old, fresh] = [then, now] as { type?: string; enum?: string[] }[]
  return old?.enum !== undefined && fresh?.enum !== undefined && old.enum.every(word => fresh.enum?.includes(word))
}
