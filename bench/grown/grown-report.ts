/** The report of a shop that has grown beside a small one, as lines to read. */
import { type Spread, spreadOf } from '../figures.ts'
import type { GrownFigures, Pair } from './grown.ts'
import type { Pace } from './measures.ts'

/** What is wished: rates of the small shop that are kept, and seconds that a start may take longer, and at all. */
const WISHED = { rate: 0.9, startLongerS: 1, startS: 2 }
const LABEL_WIDTH = 33
const CELL_WIDTH = 22
/** Tables shown, the largest first. */
const TABLES = 15

/** The lines of the report. */
export const grownReport = (figures: GrownFigures): string[] => {
  const [small, grown] = figures.orders
  return [
    row('', [`${whole(small)} orders`, `${whole(grown)} orders`, 'grown : small']),
    ...Object.entries(figures.paces).flatMap(([name, pairs]) => paceLines(name, pairs)),
    ...Object.entries(figures.starts).map(([part, pairs]) => startLine(part, pairs)),
    `wished: rates × ${WISHED.rate} at the least; a start at most ${WISHED.startLongerS} s longer, and ${WISHED.startS} s at all`,
    '',
    ...diskLines(figures),
  ]
}

const paceLines = (name: string, pairs: readonly Pair<Pace>[]): string[] => [
  row(`${name}/s`, [...bothMedians(pairs, pace => pace.perSecond, whole), ratio(pairs, pace => pace.perSecond)]),
  row('  CPU ms each', [
    ...bothMedians(
      pairs,
      pace => pace.cpuMs,
      value => value.toFixed(3),
    ),
    ratio(pairs, pace => pace.cpuMs),
  ]),
]

const startLine = (part: string, pairs: readonly Pair<number>[]): string =>
  row(`start of ${part}, s`, [
    ...bothMedians(
      pairs,
      seconds => seconds,
      value => value.toFixed(2),
    ),
    spread(
      spreadOf(pairs.map(([small, grown]) => grown - small)),
      value => `${value < 0 ? '' : '+'}${value.toFixed(2)}`,
    ),
  ])

const bothMedians = <T>(pairs: readonly Pair<T>[], of: (one: T) => number, show: (value: number) => string): string[] =>
  [0, 1].map(at => show(spreadOf(pairs.map(pair => of(pair[at] as T))).median))

const ratio = <T>(pairs: readonly Pair<T>[], of: (one: T) => number): string =>
  spread(spreadOf(pairs.map(([small, grown]) => of(grown) / of(small))), value => value.toFixed(2))

const spread = ({ median, least, most }: Spread, show: (value: number) => string): string =>
  `${show(median)} (${show(least)}–${show(most)})`

/** Megabytes per 1,000 orders: of each shop, and of those by which the grown one is larger. */
const diskLines = ({ orders: [few, many], disk: [small, grown] }: GrownFigures): string[] => {
  const cells = (less: number, more: number): string[] =>
    [less / few, more / many, (more - less) / (many - few)].map(each => (each * 1000).toFixed(2))
  const tables = Object.keys(grown.byTable).sort((a, b) => grown.byTable[b]! - grown.byTable[a]!)
  return [
    row('MB per 1,000 orders', [`${whole(few)} orders`, `${whole(many)} orders`, 'each 1,000 more']),
    row('all stores', cells(small.megabytes, grown.megabytes)),
    ...tables.slice(0, TABLES).map(name => row(`  ${name}`, cells(small.byTable[name] ?? 0, grown.byTable[name]!))),
  ]
}

const row = (label: string, cells: string[]): string =>
  `${label.padEnd(LABEL_WIDTH)}${cells.map(cell => cell.padStart(CELL_WIDTH)).join('')}`

const whole = (value: number): string => Math.round(value).toLocaleString('en')
