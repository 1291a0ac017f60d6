/** A plot of latencies as SVG: which share of the orders had its reply within which time. */
import { type Latencies, latencyAt } from './load/latencies.ts'

export type Series = { label: string; latencies: Latencies }

const WIDTH = 720
const HEIGHT = 360
const MARGIN = { left: 60, right: 20, top: 40, bottom: 50 }
const COLOURS = ['#1f6feb', '#d1242f', '#2da44e']
const TIMES_MS = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]
/** Shares are spread so that the tail can be seen: each step up is a tenth of what is left. */
const SHARES = [0, 0.5, 0.9, 0.99, 0.999]

/** The text of the file. Times from 1 ms to 10 s on a logarithmic axis. */
export const latencyPlot = (title: string, all: readonly Series[]): string => {
  const grid = [
    ...TIMES_MS.map(ms => line(xOf(ms), yOf(0), xOf(ms), yOf(0.999))),
    ...SHARES.map(share => line(xOf(1), yOf(share), xOf(10_000), yOf(share))),
  ]
  const labels = [
    ...TIMES_MS.map(ms => text(xOf(ms), yOf(0) + 18, ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`, 'middle')),
    ...SHARES.map(share => text(MARGIN.left - 6, yOf(share) + 4, `${share * 100} %`, 'end')),
  ]
  const curves = all.flatMap(({ label, latencies }, at) => {
    const colour = COLOURS[at % COLOURS.length]!
    const points = stepsOf(latencies).map(([ms, share]) => `${xOf(ms).toFixed(1)},${yOf(share).toFixed(1)}`)
    return [
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text(MARGIN.left + 10, MARGIN.top + 16 + 16 * at, label, 'start', colour),
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(WIDTH / 2, 22, title, 'middle'),
    ...grid,
    ...labels,
    text(WIDTH / 2, HEIGHT - 10, 'from the intended moment to the reply', 'middle'),
    ...curves,
    '</svg>',
    '',
  ].join('\n')
}

const stepsOf = (latencies: Latencies): [ms: number, share: number][] => {
  const shares = Array.from({ length: 300 }, (_, step) => 1 - 10 ** (-step / 100)).filter(share => share <= 0.999)
  return shares.map(share => [latencyAt(latencies, share), share])
}

const xOf = (ms: number): number => {
  const part = Math.log10(Math.min(Math.max(ms, 1), 10_000)) / 4
  return MARGIN.left + part * (WIDTH - MARGIN.left - MARGIN.right)
}

const yOf = (share: number): number => {
  const part = -Math.log10(1 - Math.min(share, 0.999)) / 3
  return HEIGHT - MARGIN.bottom - part * (HEIGHT - MARGIN.top - MARGIN.bottom)
}

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#d0d7de"/>`

const text = (x: number, y: number, content: string, anchor: string, colour = '#24292f'): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${escaped(content)}</text>`

const escaped = (content: string): string => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
