/** A NATS micro service (ADR-32): tells who it is, what it can be asked, and what was asked, on `$SRV.…`. */
import type { Bus, Running } from './bus.ts'
import type { Counts } from './service-count.ts'
import type { Endpoint } from './service-endpoints.ts'

/** The endpoints are served by somebody else, who counts in `counts`. */
export type Service = {
  /** What kind of service; every instance has the same. Letters, digits, `-` and `_`. */
  name: string
  /** This instance's own, a token of a subject. */
  id: string
  /** Semantic (semver.org). */
  version: string
  description: string
  metadata: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  startedAt: number
  endpoints: readonly Endpoint[]
  counts: Counts
}

const NANOS_PER_MS = 1_000_000
const NAME = /^[a-zA-Z0-9_-]+$/
const VERSION = /^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/

// Every endpoint is heard by an ordinary subscription: two instances for one log there must never be.
const NO_QUEUE_GROUP = ''

/** Answers `$SRV.PING`, `.INFO` and `.STATS`, to all services, to those of this name, and to this instance alone. */
export const answerAsService = (bus: Pick<Bus, 'serve'>, service: Service): Running => {
  const { name, id, version } = service
  for (const named of [service, ...service.endpoints])
    if (!NAME.test(named.name)) throw new Error(`Cannot call a service or endpoint ${named.name}: ${NAME} fits`)
  if (!VERSION.test(version)) throw new Error(`Cannot give service ${name} version ${version}: it is not semantic`)

  const answers = { PING: () => pingOf(service), INFO: () => infoOf(service), STATS: () => statsOf(service) }
  const subscriptions = Object.entries(answers).flatMap(([verb, answer]) =>
    [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${id}`].map(subject =>
      bus.serve(subject, request => request.respond(Buffer.from(JSON.stringify(answer())))),
    ),
  )
  return {
    stop: async () => {
      await Promise.all(subscriptions.map(subscription => subscription.stop()))
    },
  }
}

const standardOf = (type: string, { name, id, version, metadata }: Service) => ({
  type: `io.nats.micro.v1.${type}_response`,
  name,
  id,
  version,
  metadata,
})

const pingOf = (service: Service) => standardOf('ping', service)

const infoOf = (service: Service) => ({
  ...standardOf('info', service),
  description: service.description,
  endpoints: service.endpoints.map(({ name, subject, metadata }) => ({
    name,
    subject,
    queue_group: NO_QUEUE_GROUP,
    metadata: metadata(),
  })),
})

const statsOf = (service: Service) => ({
  ...standardOf('stats', service),
  started: new Date(service.startedAt).toISOString(),
  endpoints: service.endpoints.map(({ name, subject }) => ({
    name,
    subject,
    queue_group: NO_QUEUE_GROUP,
    ...countOf(service.counts, subject),
  })),
})

/** Whole nanoseconds: Go's clients read nothing else. */
const countOf = (counts: Counts, subject: string) => {
  const count = counts.get(subject)
  if (!count) throw new Error(`Cannot tell of ${subject}: nobody counts there`)
  const nanos = Math.round(count.milliseconds * NANOS_PER_MS)
  return {
    num_requests: count.requests,
    num_errors: count.errors,
    last_error: count.lastError,
    processing_time: nanos,
    average_processing_time: count.requests === 0 ? 0 : Math.trunc(nanos / count.requests),
  }
}
