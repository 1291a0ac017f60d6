/** Finding npm and running it: Node's own beside the program, else the one on the PATH; Deno and Bun fetch it. */
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** For the runtimes that bring none of their own. 11.6 fails on both; 12.2 was seen to install the whole lock. */
const npmVersion = '12.2.0'

const windows = process.platform === 'win32'

/**
 * Runs npm in `directory` on this very Node, so that its engine checks see the one that will run Kassa.
 * Ends with npm's output in the error when it fails; says nothing otherwise.
 */
export async function runNpm(directory, args) {
  const { command, before, shell } = npmCommand()
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--ignore-scripts', '--loglevel=error']

  const child = spawn(command, [...before, ...args, ...quiet], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A tool of the tests brings along what tells a company of each installation.
    env: { ...process.env, NO_COLOR: '1', SCARF_ANALYTICS: 'false' },
    shell,
  })
  let said = ''
  child.stdout.on('data', chunk => (said += chunk))
  child.stderr.on('data', chunk => (said += chunk))
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve)).catch(fault => {
    throw unavailable(fault.code === 'ENOENT' ? 'there is no npm beside Node or on the PATH' : fault.message)
  })
  if (code !== 0) throw unavailable(firstLines(said))
}

/** Deno and Bun fetch npm themselves and run it, so that they install by the same lock with no Node on the machine. */
function npmCommand() {
  const { deno, bun } = process.versions
  const npm = `npm@${npmVersion}`
  const denoFlags = ['--quiet', '--allow-all', '--no-config', '--no-lock', '--node-modules-dir=none']
  if (deno) return { command: process.execPath, before: ['run', ...denoFlags, `npm:${npm}`], shell: false }
  if (bun) return { command: process.execPath, before: ['x', '--silent', '--bun', npm], shell: false }

  const cli = npmScript()
  if (cli) return { command: process.execPath, before: [cli], shell: false }
  return { command: windows ? 'npm.cmd' : 'npm', before: [], shell: windows }
}

/** npm's own program text, so that it needs neither a shell nor another Node; undefined where npm is a wrapper. */
function npmScript() {
  const beside = dirname(realpathSync(process.execPath))
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const candidates = [
    ...[beside, ...onPath].map(directory => join(directory, 'node_modules', 'npm', 'bin', 'npm-cli.js')),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...onPath.map(directory => join(directory, 'npm')),
  ]
  const found = candidates.filter(file => existsSync(file)).map(file => realpathSync(file))
  return found.find(file => file.endsWith('npm-cli.js'))
}

/** npm tells the cause first and its advice after it. */
function firstLines(said) {
  const lines = said.split('\n').filter(line => line.trim() && !line.includes('A complete log of this run'))
  return lines.slice(0, 4).join('\n  ') || 'npm said nothing'
}

function unavailable(reason) {
  return Object.assign(new Error(reason), { exitCode: 69 })
}
