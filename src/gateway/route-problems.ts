/** Which problems an operation can answer with, read off its line of the table. */
import { z } from 'zod'
import { PROBLEMS, type ProblemCode } from '../bus/problem.ts'
import { type Route, takesKey } from './route.ts'

/** What every address can answer: who is let in, headers that cannot be taken, parts that are down. */
const EVERYWHERE: ProblemCode[] = [
  'invalid_field',
  'key_missing',
  'key_invalid',
  'foreign_host',
  'foreign_origin',
  'forbidden',
  'rate_limited',
  'overloaded',
  'internal',
  'unavailable',
]

/** What reading a body can end in. */
const OF_BODIES: ProblemCode[] = ['malformed_json', 'unknown_field', 'body_too_large', 'unsupported_media_type']

/** The codes of an operation, in the order of their statuses. */
export const problemsOf = (route: Route): ProblemCode[] => {
  const codes = new Set<ProblemCode>([...EVERYWHERE, 'unknown_parameter', ...fieldProblems(route.spec.body)])
  if (route.method !== 'GET') for (const code of OF_BODIES) codes.add(code)
  if (takesKey(route)) codes.add('idempotency_key_reused')
  // What a queued command is refused for becomes a dead letter; nobody waits for it.
  if (route.kind !== 'queue') for (const code of route.spec.refusals) codes.add(code)

  return (Object.keys(PROBLEMS) as ProblemCode[])
    .filter(code => codes.has(code))
    .sort((a, b) => PROBLEMS[a].status - PROBLEMS[b].status)
}

const fieldProblems = (schema: z.ZodType): ProblemCode[] => {
  if (schema instanceof z.ZodOptional) return fieldProblems(schema.unwrap() as z.ZodType)
  if (!(schema instanceof z.ZodObject)) return [(schema.meta()?.problem as ProblemCode | undefined) ?? 'invalid_field']

  const fields = Object.values(schema.shape) as z.ZodType[]
  const missing: ProblemCode[] = fields.some(field => !(field instanceof z.ZodOptional)) ? ['missing_field'] : []
  return [...missing, ...fields.flatMap(fieldProblems)]
}
