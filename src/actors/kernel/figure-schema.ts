/** Figures as an actor tells them over the bus. */
import { z } from 'zod'

const labels = z.record(z.string(), z.string())

/** A figure as `src/metrics/figure.ts` describes it. */
export const figure = z.union([
  z.object({ name: z.string(), labels, value: z.number() }),
  z.object({ name: z.string(), labels, bounds: z.array(z.number()), counts: z.array(z.int()), sum: z.number() }),
])
