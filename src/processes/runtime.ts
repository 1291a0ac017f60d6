/** The runtime we are on, and how a further process of Kassa is started on the same one. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { built } from './built.ts'
import { smallHeapFlags } from './small-heap.ts'

const { deno, bun, node } = process.versions

/** For the little that only one of them can't do, tests above all. */
export const isBun = bun !== undefined
export const isDeno = deno !== undefined

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The command that runs a part of Kassa in a process of its own, with a small heap where the runtime is Node. */
export function commandFor(subcommand: string[]): { command: string; args: string[] } {
  // Where the cache was emptied meanwhile, the sources do.
  const file = built !== undefined && existsSync(built.file) ? built.file : mainFile
  const { command, args } = commandToRun(file, subcommand)
  const flags = isDeno || isBun ? [] : smallHeapFlags(subcommand[0], process.env.NODE_OPTIONS)
  return { command, args: [...flags, ...args] }
}

/** The command that runs `file`, a program of ours, on this runtime. */
export function commandToRun(file: string, words: string[] = []): { command: string; args: string[] } {
  // Without its flags Deno would ask for each permission; without the last a file elsewhere finds no modules of ours.
  const before = isDeno ? ['run', '--allow-all', '--node-modules-dir=manual'] : []
  return { command: process.execPath, args: [...before, file, ...words] }
}

/** Its name and version, for the banner. */
export function describeRuntime(): string {
  if (isDeno) return `Deno ${deno}`
  return isBun ? `Bun ${bun}` : `Node ${node}`
}
