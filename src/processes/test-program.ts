/** A small program in a process of its own, on the runtime that runs the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandToRun } from './runtime.ts'

let directory: string | undefined
let written = 0

/** The command that runs `text`, a module. A file and not `-e`, by which Deno takes no modules. */
export function programOf(text: string): { command: string; args: string[] } {
  directory ??= newDirectory()
  const file = join(directory, `program-${++written}.mjs`)
  writeFileSync(file, text)
  return commandToRun(file)
}

function newDirectory(): string {
  const made = mkdtempSync(join(tmpdir(), 'kassa-program-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return made
}
