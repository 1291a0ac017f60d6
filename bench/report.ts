/** The report of a run, as a table to read. */
import {
  cpuPerThousand,
  latenciesOf,
  missesOf,
  percentilesOf,
  ratesOf,
  ratioOf,
  type Spread,
  settledShare,
  spreadOf,
} from './figures.ts'
import { latencyAt } from './load/latencies.ts'
import type { Measure } from './options.ts'
import { latencyPlot } from './plot.ts'
import type { Use } from './processes.ts'
import { openConnectionsOf, type Results } from './run.ts'

const LABEL_WIDTH = 30
const CELL_WIDTH = 26

/** The lines of the report. */
export const report = (results: Results): string[] => [
  ...headLines(results),
  '',
  ...rateLines(results),
  '',
  ...openLines(results),
  ...cpuLines(results),
  '',
  ...memoryLines(results),
  '',
  results.verify.clean ? 'verify: clean' : 'verify: NOT CLEAN',
  ...results.verify.lines.map(line => `  ${line}`),
]

const headLines = ({ options, machine, rawCommits }: Results): string[] => [
  `${options.rounds} rounds of ${options.seconds} s, ${options.users} users, processes: ${options.processes}, ${machine.runtime}, ${machine.cpus} × ${machine.cpu}`,
  `SQLite here commits ${whole(spreadOf(rawCommits).median)} one-row FULL transactions a second`,
  'A rate is the median of the rounds; a ratio is taken within each round: median (least–most).',
  ...(machine.tmpfs ? ['WARNING: this is tmpfs, where a sync costs nothing; give --directory on a disk'] : []),
  ...(options.profile ? ['WARNING: profiled; rates are lower than they would be'] : []),
]

const rateLines = (results: Results): string[] => {
  const { options, measured, rawCommits } = results
  const { connections } = options
  const rates = (measure: Measure) => connections.map(count => ratesOf(measured, measure, count))
  const [livez, orders, plain] = [rates('livez'), rates('orders'), rates('plain')]
  const ratios = (some: number[][], others: number[][]) => some.map((one, at) => ratioOf(one, others[at]!))

  return [
    row('connections', connections.map(String)),
    row('/livez', livez.map(perSecond)),
    row('orders settled', orders.map(perSecond)),
    row('  p50 / p90 / p99 / max ms', latencies(results, 'orders')),
    row('  settled within the reply', shares(results, 'orders')),
    row('  left pending; other answers', misses(results, 'orders')),
    ...watchedLines(results),
    row('plain design', plain.map(perSecond)),
    row('  p50 / p90 / p99 / max ms', latencies(results, 'plain')),
    row('orders : /livez', ratios(orders, livez).map(percent)),
    row('orders : plain design', ratios(orders, plain).map(times)),
    row(
      'plain design : raw commits',
      plain.map(rates => times(ratioOf(rates, rawCommits))),
    ),
    ...readLines(results),
  ]
}

/** What an open page costs those who order: compared within each round. */
const watchedLines = ({ options, measured }: Results): string[] => {
  if (!options.measures.includes('watched')) return []
  const rates = (measure: Measure) => options.connections.map(count => ratesOf(measured, measure, count))
  const [orders, watched] = [rates('orders'), rates('watched')]
  return [
    row('orders, the console open', watched.map(perSecond)),
    row(
      '  with it : without it',
      watched.map((some, at) => percent(ratioOf(some, orders[at]!))),
    ),
  ]
}

const openLines = ({ options, open }: Results): string[] => {
  if (!open) return []
  const { perSecond, load } = open
  const times = [0.5, 0.9, 0.99, 1].map(share => milliseconds(latencyAt(load.latencies, share))).join(' / ')
  const others = Object.entries(load.other).map(([status, count]) => `${count} × ${status}`)
  return [
    `Open loop, ${perSecond} orders/s, half of the closed one at ${openConnectionsOf(options.connections)} connections; from the intended moment to the reply:`,
    row('  p50 / p90 / p99 / max ms', [times]),
    row('  settled; pending; others', [`${load.ok}; ${load.pending}; ${others.join(', ') || '0'}`]),
    '',
  ]
}

/** The plot of a run; `undefined` where no orders were measured. */
export const plotOf = ({ options, measured, open }: Results): string | undefined => {
  if (!open) return undefined
  const connections = openConnectionsOf(options.connections)
  return latencyPlot(`Orders to their reply: ${options.processes} processes`.replace('one processes', 'one process'), [
    { label: `open loop, ${open.perSecond} orders/s`, latencies: open.load.latencies },
    { label: `closed loop, ${connections} connections`, latencies: latenciesOf(measured, 'orders', connections) },
    { label: `the plain design, ${connections} connections`, latencies: latenciesOf(measured, 'plain', connections) },
  ])
}

const readLines = ({ options, measured }: Results): string[] => {
  const reads = (['history', 'balance'] as const).filter(read => options.measures.includes(read))
  return reads.flatMap(read => {
    const rates = options.connections.map(count => ratesOf(measured, read, count))
    const livez = options.connections.map(count => ratesOf(measured, 'livez', count))
    const label = read === 'history' ? 'history (20 rows a page)' : read
    return [
      row(label, rates.map(perSecond)),
      row(
        `  ${read} : /livez`,
        rates.map((some, at) => percent(ratioOf(some, livez[at]!))),
      ),
    ]
  })
}

const cpuLines = ({ options, measured }: Results): string[] => {
  const uses = (measure: Measure) => options.connections.map(count => cpuPerThousand(measured, measure, count))
  const orders = uses('orders')
  const roles = [...new Set(orders.flatMap(use => Object.keys(use)))].filter(role => role !== 'load generator')
  const seconds = (use: Use, role: string) => (use[role] === undefined ? '-' : use[role].toFixed(3))
  const sum = (use: Use) => roles.reduce((total, role) => total + (use[role] ?? 0), 0).toFixed(3)
  return [
    row('CPU seconds per 1,000 orders', options.connections.map(String)),
    ...roles.map(role =>
      row(
        `  ${role}`,
        orders.map(use => seconds(use, role)),
      ),
    ),
    row('  together', orders.map(sum)),
    ...(options.measures.includes('watched') ? [row('  together, the console open', uses('watched').map(sum))] : []),
    row(
      '  load generator',
      orders.map(use => seconds(use, 'load generator')),
    ),
    row(
      '  the plain design',
      uses('plain').map(use => seconds(use, 'plain')),
    ),
    row(
      '  its load generator',
      uses('plain').map(use => seconds(use, 'load generator')),
    ),
  ]
}

const memoryLines = ({ memory }: Results): string[] => {
  const together = Object.values(memory.kassa).reduce((sum, megabytes) => sum + megabytes, 0)
  const parts = Object.entries(memory.kassa).map(([role, megabytes]) => `${role} ${whole(megabytes)}`)
  return [
    row('Memory, MB (PSS)', [`${whole(together)} (${parts.join(', ')})`]),
    row('  the plain design', [whole(memory.plain.plain ?? 0)]),
  ]
}

const latencies = ({ options, measured }: Results, measure: Measure): string[] =>
  options.connections.map(count =>
    ratesOf(measured, measure, count).length === 0
      ? '-'
      : Object.values(percentilesOf(measured, measure, count))
          .map(milliseconds)
          .join(' / '),
  )

const misses = ({ options, measured }: Results, measure: Measure): string[] =>
  options.connections.map(count => {
    const { pending, other } = missesOf(measured, measure, count)
    const others = Object.entries(other).map(([status, times]) => `${times} × ${status}`)
    return `${pending}; ${others.join(', ') || '0'}`
  })

const shares = ({ options, measured }: Results, measure: Measure): string[] =>
  options.connections.map(count => {
    const share = settledShare(measured, measure, count)
    return share === undefined ? '-' : `${(share * 100).toFixed(2)} %`
  })

const row = (label: string, cells: string[]): string =>
  `${label.padEnd(LABEL_WIDTH)}${cells.map(cell => cell.padStart(CELL_WIDTH)).join('')}`

const perSecond = (rates: number[]): string => (rates.length === 0 ? '-' : `${whole(spreadOf(rates).median)}/s`)
const percent = (ratio: Spread | undefined): string => spread(ratio, value => `${(value * 100).toFixed(1)} %`)
const times = (ratio: Spread | undefined): string => spread(ratio, value => value.toFixed(2))
const spread = (ratio: Spread | undefined, show: (value: number) => string): string =>
  ratio ? `${show(ratio.median)} (${show(ratio.least)}–${show(ratio.most)})` : '-'
const whole = (value: number): string => Math.round(value).toLocaleString('en')
const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))

/** The same figures for a program: everything that was measured, histograms left out. */
export const reportJson = (results: Results): string => {
  const { measured, open, ...rest } = results
  const shown = measured.map(one => {
    const { latencies: _, ...load } = one.load
    return { ...one, load, ...percentilesOf([one], one.measure, one.connections) }
  })
  const { latencies, ...load } = open?.load ?? {}
  const shownOpen = latencies && {
    perSecond: open?.perSecond,
    ...load,
    p50: latencyAt(latencies, 0.5),
    p99: latencyAt(latencies, 0.99),
  }
  return JSON.stringify({ ...rest, measured: shown, open: shownOpen }, null, 2)
}
