/** The runtime we are on, and how a further process of Kassa is started on the same one. */
import { fileURLToPath } from 'node:url'

const mainFile = fileURLToPath(new URL('main.ts', import.meta.url))

/** The command that runs a subcommand in a process of its own. */
export function commandFor(subcommand: string[]): { command: string; args: string[] } {
  const before = process.versions.deno ? ['run', '--allow-all'] : []
  return { command: process.execPath, args: [...before, mainFile, ...subcommand] }
}

/** Its name and version, for the banner. */
export function describeRuntime(): string {
  const { deno, bun, node } = process.versions
  if (deno) return `Deno ${deno}`
  return bun ? `Bun ${bun}` : `Node ${node}`
}
