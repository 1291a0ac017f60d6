/** What processes use, by /proc: seconds of CPU and megabytes of memory. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** A process and the part it plays. */
export type Process = { pid: number; role: string }

/** By role. */
export type Use = Record<string, number>

/** Ticks a second in /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS = 100

/** All processes that `root` has started, and itself as `supervisor`. */
export const processesOf = (root: number): Process[] => {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat) parents.set(Number(name), Number(stat[1]))
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === root || isBelow(parent))
  }
  const below = [...parents.keys()].filter(isBelow)
  return [{ pid: root, role: 'supervisor' }, ...below.map(pid => ({ pid, role: roleOf(pid) }))]
}

/** Seconds of CPU that each role has used since it was started. */
export const cpuSeconds = (processes: readonly Process[]): Use =>
  byRole(processes, pid => {
    // utime and stime, the fields 14 and 15 of which the first two are cut off.
    const stat = statOf(pid)
    return stat ? (Number(stat[11]) + Number(stat[12])) / TICKS : 0
  })

/** Megabytes of memory of each role, shared pages divided among those who share them (PSS). */
export const memoryMegabytes = (processes: readonly Process[]): Use =>
  byRole(processes, pid => Number(/^Pss: +(\d+) kB/m.exec(readProc(pid, 'smaps_rollup'))?.[1] ?? 0) / 1024)

const byRole = (processes: readonly Process[], measure: (pid: number) => number): Use => {
  const use: Use = {}
  for (const { pid, role } of processes) use[role] = (use[role] ?? 0) + measure(pid)
  return use
}

const roleOf = (pid: number): string => {
  const words = readProc(pid, 'cmdline').split('\0').filter(Boolean)
  const actor = words[words.indexOf('actor') + 1]
  if (words.includes('actor') && actor) return actor
  if (words.at(-1) === 'gateway') return 'gateway'
  if (words.at(-1) === 'all') return 'all in one'
  return basename(words[0] ?? '') === 'nats-server' ? 'nats-server' : 'other'
}

/** The fields of /proc/<pid>/stat from the third on: the second is a name that may hold anything. */
const statOf = (pid: number): string[] | undefined => {
  const text = readProc(pid, 'stat')
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const readProc = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended meanwhile: then it uses nothing any more.
    return ''
  }
}
