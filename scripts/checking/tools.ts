/** The tools of development, run by their own program text on the Node we are on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

const programs = {
  biome: '@biomejs/biome/bin/biome',
  tsc: 'typescript/bin/tsc',
  knip: 'knip/bin/knip.js',
} as const

export type Outcome = { passed: boolean; output: string }

/** Runs a tool of node_modules in the clone. */
export function runTool(name: keyof typeof programs, args: string[]): Promise<Outcome> {
  return runNode([join(root, 'node_modules', programs[name]), ...args])
}

/** Runs one of our own scripts, as npm does. */
export function runScript(name: string, args: string[] = []): Promise<Outcome> {
  return runNode([join(root, 'bin', 'kassa.js'), 'run', name, ...args])
}

async function runNode(args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const [code] = await once(child, 'close')
  return { passed: code === 0, output }
}
