/** The runtimes that Kassa runs on, and how far: runtimes.json, which the command, the README and CI share. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** What is run on each: its name, and how the README calls it. */
export const CHECKS = {
  units: 'the unit suites (`src/**/*.test.ts`)',
  life: 'the life of an order, in a whole Kassa',
  system: 'the whole system: crashes, healing, mail, bad input (`test/**/*.test.ts`)',
  start: 'a first start of a fresh clone, with nothing else on the PATH',
} as const

export type Check = keyof typeof CHECKS

const runtimeSchema = z.strictObject({
  name: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  package: z.string(),
  integrity: z.string().startsWith('sha512-'),
  /** The program in the package. */
  program: z.string(),
  /** What a person types. */
  start: z.string(),
  runs: z.record(z.enum(['units', 'life', 'system', 'start']), z.boolean()),
})

/** A test that may be skipped: on the runtimes named, or wherever the tests are run by root. */
const skipSchema = z.strictObject({
  test: z.string(),
  on: z.union([z.array(z.string()), z.literal('root')]),
  why: z.string(),
})

const fileSchema = z.strictObject({ runtimes: z.array(runtimeSchema), skips: z.array(skipSchema) })

export type Runtime = z.infer<typeof runtimeSchema>
export type Skip = z.infer<typeof skipSchema>

export const { runtimes: RUNTIMES, skips: SKIPS } = fileSchema.parse(
  JSON.parse(readFileSync(new URL('runtimes.json', import.meta.url), 'utf8')),
)
