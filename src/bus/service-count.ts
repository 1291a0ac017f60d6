/** What is counted of an endpoint: how often it was asked, how often it said no, and how long it took. */
import { type Figure, sample } from '../metrics/figure.ts'
import type { Clock } from '../world/clock.ts'
import type { Bus, Headers, Request } from './bus.ts'
import { REFUSAL_HEADERS } from './command-id.ts'
import { nameOf } from './subjects.ts'

/** `lastError` is `404:product_not_found`, or empty; `milliseconds` from a request's coming to its answer, all added up. */
export type Count = { requests: number; errors: number; lastError: string; milliseconds: number }

/** Counts by the subject that is asked, since this process started. */
export type Counts = ReadonlyMap<string, Count>

/** Counts for the endpoints on `subjects`, all at nothing. */
export const createCounts = (subjects: readonly string[]): Counts =>
  new Map(subjects.map(subject => [subject, { requests: 0, errors: 0, lastError: '', milliseconds: 0 }]))

/** The same bus; what is served on it is counted in `counts`, as far as it is an endpoint. */
export const countingBus = (bus: Bus, counts: Counts, clock: Clock): Bus => ({
  ...bus,
  serve: (subject, handle) => bus.serve(subject, request => handle(counted(counts, clock, request))),
})

/** The counts as figures; an endpoint that nobody has asked yet has none. */
export const figuresOf = (counts: Counts): Figure[] =>
  [...counts]
    .filter(([, { requests }]) => requests > 0)
    .flatMap(([subject, { requests, errors, milliseconds }]) => {
      const endpoint = { endpoint: nameOf(subject) }
      return [
        sample('kassa_bus_requests_total', requests, endpoint),
        sample('kassa_bus_request_errors_total', errors, endpoint),
        sample('kassa_bus_request_seconds_total', milliseconds / 1000, endpoint),
      ]
    })

const counted = (counts: Counts, clock: Clock, request: Request): Request => {
  const count = counts.get(request.subject)
  if (!count) return request

  count.requests++
  const since = clock.monotonic()
  const respond = (body: Uint8Array, headers: Headers = {}): void => {
    request.respond(body, headers)
    count.milliseconds += clock.monotonic() - since
    const status = headers[REFUSAL_HEADERS.status]
    if (status === undefined) return
    count.errors++
    count.lastError = `${status}:${codeIn(headers[REFUSAL_HEADERS.detail] ?? '')}`
  }
  const { subject, body, headers, asker } = request
  return { subject, body, headers, asker, respond }
}

// The code alone: what follows it may repeat what somebody sent, and counts are read by more people than answers.
const codeIn = (detail: string): string => detail.split(':', 1)[0] ?? ''
