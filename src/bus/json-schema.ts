/** The JSON Schema of a contract's schema, as OpenAPI 3.1 takes it. */
import { z } from 'zod'

export type JsonSchema = Record<string, unknown>

/** `input`: what may be sent; `output`: what is answered. A field that we read ourselves brings its schema in its `meta`. */
export const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _, ...shown } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { jsonSchema: own } = (z.globalRegistry.get(zodSchema) ?? {}) as { jsonSchema?: JsonSchema }
      delete jsonSchema.jsonSchema
      delete jsonSchema.problem
      if (own) Object.assign(jsonSchema, own)
    },
  })
  return shown
}
