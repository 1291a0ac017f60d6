/** What the gateway counts of requests: a slot for each route, changed in place. */
import { type Figure, sample, spread } from '../metrics/figure.ts'
import { createHistogram, type Histogram, observe, SECONDS } from '../metrics/histogram.ts'

/** One route's requests: how often each status was answered, and how long it took. */
export type RouteMeter = { method: string; route: string; byStatus: Map<number, number>; seconds: Histogram }

export type HttpMeters = {
  /** The slot of a route; made once, before the first request. */
  slot: (method: string, route: string) => RouteMeter
  /** A request has come. */
  begin: () => void
  /** It was answered; `meter` where its route is known. */
  end: (meter: RouteMeter | undefined, status: number, ms: number) => void
  /** One was refused before anything was made of it, its route neither. */
  refusedEarly: (status: number) => void
  read: () => Figure[]
}

/** An address or a method that there is not: under one name, since anybody may make up any number of them. */
const ELSEWHERE = { method: 'other', route: 'other' }

/** Meters at nothing. */
export const createHttpMeters = (): HttpMeters => {
  const slots: RouteMeter[] = []
  const slot = (method: string, route: string): RouteMeter => {
    const made = { method, route, byStatus: new Map<number, number>(), seconds: createHistogram(SECONDS) }
    slots.push(made)
    return made
  }
  const elsewhere = slot(ELSEWHERE.method, ELSEWHERE.route)
  let inFlight = 0

  return {
    slot,
    begin: () => {
      inFlight++
    },
    end: (meter = elsewhere, status, ms) => {
      inFlight--
      meter.byStatus.set(status, (meter.byStatus.get(status) ?? 0) + 1)
      observe(meter.seconds, ms / 1000)
    },
    refusedEarly: status => {
      elsewhere.byStatus.set(status, (elsewhere.byStatus.get(status) ?? 0) + 1)
    },
    read: () => [
      sample('kassa_http_requests_in_flight', inFlight),
      ...slots.flatMap(({ method, route, byStatus }) =>
        [...byStatus].map(([status, count]) =>
          sample('kassa_http_requests_total', count, { method, route, status: String(status) }),
        ),
      ),
      // A route that nobody has asked for has sixteen lines and nothing to tell.
      ...slots
        .filter(({ byStatus }) => byStatus.size > 0)
        .map(({ method, route, seconds }) => spread('kassa_http_request_duration_seconds', seconds, { method, route })),
    ],
  }
}
