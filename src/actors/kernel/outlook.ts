/** What is known of a log besides what its own store holds, as actors tell each other. */
import { z } from 'zod'

export const testimony = z.object({
  source: z.string(),
  seq: z.int(),
  chain: z.string(),
  fenced: z.boolean().describe("whether the start's fence stands; until then it may speak against a store, not for it"),
})

/** What a reader has seen of a log: an entry's number and chain. */
export type Testimony = z.infer<typeof testimony>

// Whoever acts upon files: an actor of another installation may be the one that answers.
export const dataDir = z.string().max(4096).optional().describe('refused where the data of this actor are not in there')

export const acceptedCursor = z.object({ reader: z.string(), seq: z.int(), chain: z.string() })

export const outlook = z.object({
  head: z.int().describe('where the store ends'),
  highest: z.int().describe('the highest number that the mark, the stream or a reader knows of'),
  marked: z.int(),
  stream: z.int().nullable(),
  readers: z.array(
    acceptedCursor.extend({
      kept: z.boolean().describe('whether the store has what was seen'),
      fenced: z.boolean().describe('whether that is all; one that is refused itself may yet learn of more'),
    }),
  ),
})
