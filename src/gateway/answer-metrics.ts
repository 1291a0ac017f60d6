/** `/metrics`: what every process counts of itself, gathered when somebody asks, as Prometheus reads it. */
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { readParameters } from '../bus/contract.ts'
import { type Address, addressOf, querySubject, sourceOf } from '../bus/subjects.ts'
import { CONTENT_TYPE, expose } from '../metrics/exposition.ts'
import { type Figure, sample } from '../metrics/figure.ts'
import { describeRuntime } from '../processes/runtime.ts'
import { productVersion } from '../version.ts'
import { askOnce } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import type { Exchange } from './exchange.ts'
import { faultName } from './fault-name.ts'
import type { HttpMeters } from './http-meters.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { MetricsRoute } from './route.ts'

/** An open actor answers in a few milliseconds; one that is held up longer counts as down, and the scrape is not late. */
const ANSWER_MS = 1_000

type Gathered = { owner: Address; figures: Figure[] | undefined; cursors: Record<string, number> }

/** The handler of `/metrics`. */
export const answerMetrics =
  (ports: GatewayPorts, route: MetricsRoute, meters: HttpMeters) =>
  async (exchange: Exchange): Promise<Response> => {
    readParameters(route.spec.body, parametersOf(exchange))
    const gathered = await Promise.all(ADDRESSES.map(owner => figuresOf(ports, exchange, owner)))
    const own = [...meters.read(), ...(ports.processFigures?.() ?? [])]
    const figures = [
      sample('kassa_build_info', 1, { version: productVersion, runtime: describeRuntime() }),
      ...of('gateway', [sample('kassa_up', 1), ...own]),
      ...gathered.flatMap(one => [...ofActor(one), ...readerLag(one, gathered)]),
    ]
    return exchange.body(expose(figures), route.success, { 'Content-Type': CONTENT_TYPE })
  }

const figuresOf = async (ports: GatewayPorts, exchange: Exchange, owner: Address): Promise<Gathered> => {
  const subject = querySubject(owner, 'Metrics')
  try {
    const { value } = await askOnce(ports, { subject, body: {}, headers: askerHeaders(exchange) }, ANSWER_MS)
    return { owner, ...kernelContract.queries.Metrics.reply.parse(value) }
  } catch (fault) {
    // Whatever it is, this process has told no figures, and `kassa_up` says so.
    ports.log.debug({ part: sourceOf(owner), fault: faultName(fault) }, 'no figures')
    return { owner, figures: undefined, cursors: {} }
  }
}

/** `billing`; a further cell's has its number. */
const processOf = ({ actor, cell }: Address): string => (cell === 0 ? actor : `${actor}-${cell}`)

const of = (process: string, figures: readonly Figure[]): Figure[] =>
  figures.map(figure => ({ ...figure, labels: { process, ...figure.labels } }))

const ofActor = ({ owner, figures }: Gathered): Figure[] =>
  of(processOf(owner), [sample('kassa_up', figures ? 1 : 0), ...(figures ?? [])])

/** How far each actor is behind those that it reads; where a source is silent, nobody can tell. */
const readerLag = ({ owner, cursors }: Gathered, all: readonly Gathered[]): Figure[] =>
  Object.entries(cursors).flatMap(([source, cursor]) => {
    const head = headOf(all.find(one => sourceOf(one.owner) === source)?.figures)
    if (head === undefined) return []
    const lag = sample('kassa_reader_lag_entries', Math.max(0, head - cursor), { source: processOf(addressOf(source)) })
    return of(processOf(owner), [lag])
  })

const headOf = (figures: readonly Figure[] = []): number | undefined => {
  const head = figures.find(({ name }) => name === 'kassa_log_entries')
  return head && 'value' in head ? head.value : undefined
}
