/** What a run of the bench is told on the command line. */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { exitCodes, plainFault } from '../src/exit.ts'

/**
 * What can be measured: `plain` are orders on the plain design, all others are asked of Kassa; `watched` are orders while
 * a page of the console is open.
 */
export const MEASURES = ['livez', 'orders', 'watched', 'plain', 'history', 'balance'] as const
export type Measure = (typeof MEASURES)[number]

/** Measured unless others are named. */
const USUAL = MEASURES.filter(measure => measure !== 'watched')

export type Options = {
  /** How long each measurement counts, seconds. */
  seconds: number
  /** How often all of them are repeated, in turn, so that what else the machine does hits all alike. */
  rounds: number
  connections: number[]
  measures: Measure[]
  users: number
  /** Where the stores lie while it runs: it should be the disk that is meant. */
  directory: string
  /** Whether Kassa is five processes of its own or one (KASSA_PROCESSES). */
  processes: 'many' | 'one'
  /** Where every process of Kassa leaves its CPU profile. */
  profile: string | undefined
  /** Where the latencies are drawn, an SVG file. */
  plot: string | undefined
  json: boolean
  /** A retry storm in place of all measures. */
  storm: boolean
  /** How little it needs, over `orders` orders, in place of all measures. */
  small: boolean
  /** Whether it stays as quick with `orders` orders, in place of all measures. */
  grown: boolean
  /** The same job on Kassa, on the plain design and on Restate, in place of all measures. */
  peers: boolean
  /** For `small` and `grown`. */
  orders: number
}

export const USAGE = `npm run bench -- [options]
  --seconds <n>        how long each measurement counts (3)
  --rounds <n>         how often all are repeated in turn (3)
  --connections <n,…>  at how many connections (16,64,256)
  --only <name,…>      of ${MEASURES.join(', ')} (all but watched: orders with the console open)
  --users <n>          over how many users the load is spread (1000)
  --directory <path>   on which disk (${tmpdir()})
  --processes <which>  many, or one for KASSA_PROCESSES=one (many)
  --short              one round of 1 s at 16 and 64, for CI
  --profile <path>     leave CPU profiles of Kassa's processes there; the figures are then lower
  --storm              a retry storm instead: ten times the load, from clients that give up and ask again at once
  --small              instead: memory by process, CPU at rest, disk and start, over many orders
  --grown              instead: turns, pages, starts and disk of a store of 10,000 orders beside one of a million (5.5 GB,
                       some ten minutes of a quiet core to fill); of a tenth of --orders where that is less than 10,000
  --orders <n>         over how many, for --small (100000) and --grown (1000000)
  --peers              instead: orders on Kassa, on the plain design and on Restate, which npm fetches, at 64 connections
  --plot <file>        draw the latencies of orders, as SVG
  --json               print JSON
  --help               print this`

/** Whether somebody only asks what can be asked. */
export const wantsHelp = (args: string[]): boolean => args.includes('--help') || args.includes('-h')

/** Reads the arguments; throws what a person can read, with exit code 2. */
export const readOptions = (args: string[]): Options => {
  const given = parse(args)
  const [seconds, rounds, usual] = given.short ? ['1', '1', '16,64'] : ['3', '3', '16,64,256']
  const connections = given.peers ? '64' : usual
  return {
    seconds: number('seconds', given.seconds ?? seconds),
    rounds: number('rounds', given.rounds ?? rounds),
    connections: (given.connections ?? connections).split(',').map(text => number('connections', text)),
    measures: (given.only ?? USUAL.join(',')).split(',').map(measure),
    users: number('users', given.users ?? '1000'),
    directory: given.directory ?? tmpdir(),
    processes: processes(given.processes ?? 'many'),
    profile: given.profile,
    plot: given.plot,
    json: given.json ?? false,
    storm: given.storm ?? false,
    small: given.small ?? false,
    grown: given.grown ?? false,
    peers: given.peers ?? false,
    orders: number('orders', given.orders ?? usualOrders(given)),
  }
}

const parse = (args: string[]) => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const values = {
    seconds: text,
    rounds: text,
    connections: text,
    only: text,
    users: text,
    orders: text,
    directory: text,
  }
  try {
    return parseArgs({
      args,
      options: {
        ...values,
        processes: text,
        profile: text,
        plot: text,
        short: flag,
        storm: flag,
        small: flag,
        grown: flag,
        peers: flag,
        json: flag,
      },
    }).values
  } catch (fault) {
    throw usageFault((fault as Error).message)
  }
}

const usualOrders = ({ grown, short }: { grown?: boolean; short?: boolean }): string => {
  if (!grown) return '100000'
  return short ? '10000' : '1000000'
}

const number = (name: string, text: string): number => {
  const value = Number(text)
  if (value > 0 && (Number.isInteger(value) || name === 'seconds')) return value
  throw usageFault(`--${name}: "${text}" should be a number above 0`)
}

const measure = (text: string): Measure => {
  const found = MEASURES.find(name => name === text)
  if (found) return found
  throw usageFault(`--only: "${text}" should be one of ${MEASURES.join(', ')}`)
}

const processes = (text: string): Options['processes'] => {
  if (text === 'many' || text === 'one') return text
  throw usageFault(`--processes: "${text}" should be many or one`)
}

const usageFault = (message: string) => plainFault(exitCodes.usage, `${message}\n\n${USAGE}`)
