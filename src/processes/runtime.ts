/** The runtime we are on, and how a further process of Kassa is started on the same one. */
import { fileURLToPath } from 'node:url'

const { deno, bun, node } = process.versions

/** For the little that only Bun can't do. */
export const isBun = bun !== undefined

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The command that runs a subcommand in a process of its own. */
export function commandFor(subcommand: string[]): { command: string; args: string[] } {
  return commandToRun(mainFile, subcommand)
}

/** The command that runs `file`, a program of ours, on this runtime. */
export function commandToRun(file: string, words: string[] = []): { command: string; args: string[] } {
  // Without its flags Deno would ask for each permission; without the last a file elsewhere finds no modules of ours.
  const before = deno ? ['run', '--allow-all', '--node-modules-dir=manual'] : []
  return { command: process.execPath, args: [...before, file, ...words] }
}

/** Its name and version, for the banner. */
export function describeRuntime(): string {
  if (deno) return `Deno ${deno}`
  return bun ? `Bun ${bun}` : `Node ${node}`
}
