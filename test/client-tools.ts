/** The tools of clients/, as somebody who writes a client has them: run by their own program text on the Node we are on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { newDataDir } from './kassa-command.ts'

const root = resolve(import.meta.dirname, '..')

export type Outcome = { code: number | null; stdout: string; stderr: string }

/** A project of a client: a directory that finds our modules, and is gone when this process ends. */
export function newClientProject(): string {
  const directory = join(newDataDir(), 'client')
  mkdirSync(directory)
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction')
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  return directory
}

const compilerOptions = {
  target: 'es2024',
  lib: ['es2024', 'dom', 'dom.iterable'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  // Of the types that were made, nothing is left unchecked.
  skipLibCheck: false,
}

/** Writes `kassa.ts` into a project: the types that openapi-typescript makes of an OpenAPI document. */
export async function writeKassaTypes(project: string, document: string): Promise<void> {
  writeFileSync(join(project, 'openapi.json'), document)
  const made = await runTool('openapi-typescript/bin/cli.js', ['openapi.json', '-o', 'kassa.ts'], project)
  if (made.code !== 0) throw new Error(`openapi-typescript ended with ${made.code}:\n${made.stdout}${made.stderr}`)
}

/** What TypeScript says of a project; nothing when all fits. */
export async function typeFaults(project: string): Promise<string> {
  const { code, stdout, stderr } = await runNode(
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', project],
    project,
  )
  if (code !== 0 && stdout === '') throw new Error(`tsc ended with ${code}:\n${stderr}`)
  return stdout.trim()
}

/** Runs a program of the modules that clients/ asks for. */
export function runTool(program: string, args: string[], cwd: string): Promise<Outcome> {
  // npm puts a module beside ours, or below clients/ where the two would not go together.
  const files = ['clients/node_modules', 'node_modules'].map(place => join(root, place, program))
  const file = files.find(file => existsSync(file))
  if (!file) throw new Error(`Cannot run ${program}: it is not installed; run npm ci`)
  return runNode([file, ...args], cwd)
}

/** Runs a program of clients/ that is our own. */
export const runOurTool = (file: string, args: string[], cwd: string): Promise<Outcome> =>
  runNode([join(root, 'clients', file), ...args], cwd)

const runNode = (args: string[], cwd: string): Promise<Outcome> =>
  runProgram(process.execPath, [...denoOptions, ...args], cwd)

/** newman colours its table by way of `__proto__`, which Deno has only when asked. */
const denoOptions = process.versions.deno === undefined ? [] : ['run', '--allow-all', '--unsafe-proto']

/** Runs a program to its end. What it asks of this machine goes through no proxy. */
export async function runProgram(program: string, args: string[], cwd: string): Promise<Outcome> {
  const env = { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const outcome: Outcome = { code: null, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', text => {
      outcome[name] += text
    })
  const [code] = await once(child, 'close')
  return { ...outcome, code }
}
