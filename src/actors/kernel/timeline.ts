/** What happened to one thing, an order for one, as the log tells it. */
import { readHeaders } from '../../bus/entry.ts'
import { streamOf } from '../../bus/subjects.ts'
import type { Core } from './core.ts'
import { readEvent } from './event.ts'
import type { TimelineStep } from './shown-shapes.ts'

// An order has fewer steps than this by far; the bound is for what nobody foresaw.
const MOST_STEPS = 200

/** The steps of `thread` in the log of `core`, the oldest first. */
export const timeline = (core: Core, thread: string): TimelineStep[] =>
  core.tables.threads.steps(thread, MOST_STEPS).map(seq => stepAt(core, seq))

/** Entry `seq` as a step. */
export const stepAt = (core: Core, seq: number): TimelineStep => {
  const entry = core.entryAt(seq)
  const { command, cause } = readHeaders(entry.headers)
  const { type, at, data } = readEvent(entry.body)
  const { sealed: _sealed, ...shown } = data as Record<string, unknown>
  return {
    actor: core.address.actor,
    type,
    time: new Date(at).toISOString(),
    subject: entry.subject,
    stream: streamOf(core.address),
    sequence: seq,
    command: command ?? null,
    caused_by: cause ? `${cause.source}/${cause.seq}` : null,
    data: shown,
  }
}
