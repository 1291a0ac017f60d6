/** The report of how little Kassa needs, as lines to read. */
import type { Use } from './processes.ts'
import type { SmallFigures } from './small.ts'

const WISHED = { memory: 350, idle: 0.01, startS: 1.5 }
const LABEL_WIDTH = 26
const CELL_WIDTH = 13

/** The lines of the report. */
export const smallReport = ({ memory, orders, perSecond, cpu, idle, disk, start, clean }: SmallFigures): string[] => {
  const roles = Object.keys(cpu)
  const cells = (label: string, use: Use, show: (value: number) => string) =>
    row(label, [show(sumOf(use)), ...roles.map(role => show(use[role] ?? 0))])
  const last = memory.length - 1
  return [
    row('', ['together', ...roles]),
    ...memory.map(({ orders: count, memory: use }, at) =>
      cells(`MB (PSS), ${count} orders${at === last ? ', rest' : ''}`, use, value => value.toFixed(0)),
    ),
    cells('CPU ms an order', cpu, seconds => ((seconds * 1000) / orders).toFixed(3)),
    cells('CPU at rest', idle, share => `${(share * 100).toFixed(2)} %`),
    `${orders} orders, ${perSecond.toFixed(0)}/s`,
    `on the disk: ${((disk.stores * 1000) / orders).toFixed(2)} MB in the stores and ${((disk.broker * 1000) / orders).toFixed(2)} MB in the broker's files, per 1,000 orders`,
    `ready after ${start.cold.toFixed(2)} s without data, ${start.warm.toFixed(2)} s with these`,
    `wished: ${WISHED.memory} MB, ${WISHED.idle * 100} % at rest, ready after ${WISHED.startS} s`,
    clean ? 'verify: clean' : 'verify: NOT CLEAN',
  ]
}

const sumOf = (use: Use): number => Object.values(use).reduce((sum, value) => sum + value, 0)

const row = (label: string, cells: string[]): string =>
  `${label.padEnd(LABEL_WIDTH)}${cells.map(cell => cell.padStart(CELL_WIDTH)).join('')}`
