/** Shapes that several answers share: a step of what happened, a command that is held, an entry as it lies in a log. */
import { z } from 'zod'

/** One step of what happened, as an entry of a log tells it; personal fields are left out. */
export const timelineStep = z.object({
  actor: z.string(),
  type: z.string(),
  time: z.string(),
  subject: z.string(),
  stream: z.string(),
  sequence: z.int(),
  command: z.string().nullable(),
  caused_by: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
})
export type TimelineStep = z.infer<typeof timelineStep>

/** A queued command that was not carried out yet, as it was sent. */
export const heldCommand = z.object({
  actor: z.string(),
  command: z.string(),
  held_as: z.enum(['waiting', 'dead letter']),
  body: z.unknown(),
})

export type HeldCommand = z.infer<typeof heldCommand>

/** An entry of a log, to the byte. */
export const writtenEntry = z.object({
  seq: z.int(),
  subject: z.string(),
  headers: z.string(),
  body: z.string().describe('base64'),
  chain: z.string(),
})
export type WrittenEntry = z.infer<typeof writtenEntry>
