/** A first start as a person makes it: a fresh copy, empty caches, and one runtime and a shell on the PATH. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Outcome } from './junit.ts'
import type { Runtime } from './runtimes.ts'

const wholeMs = 240_000
const NAME = 'a first start'

/** Types what `runtime` is started by and looks at what comes of it; one test. */
export async function startFirst(root: string, runtime: Runtime, program: string): Promise<Outcome> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'kassa-first-')))
  try {
    copyTrackedFiles(root, join(place, 'clone'))
    await startIn(place, runtime, program)
    return { name: NAME, outcome: 'passed', why: '' }
  } catch (fault) {
    return { name: NAME, outcome: 'failed', why: fault instanceof Error ? fault.message : String(fault) }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

async function startIn(place: string, runtime: Runtime, program: string): Promise<void> {
  const child = spawn('/bin/sh', ['-c', `exec ${runtime.start}`], {
    cwd: join(place, 'clone'),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: bareEnvironment(place, runtime, program),
  })
  const exited = once(child, 'exit')
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), wholeMs)
  const lines: string[] = []
  const ready = new Promise<void>(resolve => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', line => {
        lines.push(line)
        if (line.startsWith('Ctrl-C stops it')) resolve()
      })
  })

  try {
    await Promise.race([ready, exited])
    const url = /HTTP\s+(\S+?)\/ /.exec(lines.join('\n'))?.[1]
    assert.ok(url, `It did not come to being ready; it said:\n${lines.slice(-30).join('\n')}`)
    await assertTakesUsers(url)
    assertAllOn(program, lines)
  } finally {
    // Ctrl-C reaches every process of the terminal's group.
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGINT')
    await exited
    clearTimeout(timer)
  }
  assert.ok(
    lines.some(line => line.startsWith('Stopped in')),
    `It did not stop in order; it said:\n${lines.slice(-10).join('\n')}`,
  )
}

async function assertTakesUsers(url: string): Promise<void> {
  const body = JSON.stringify({ first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' })
  const reply = await fetch(`${url}/user/create/`, { method: 'POST', body })
  assert.equal(reply.status, 201, await reply.text())
}

/** The supervisor tells the pid of each part that it starts; Linux tells which program that is. */
function assertAllOn(program: string, lines: string[]): void {
  const started = lines
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as { msg: string; part: string; pid: number })
    .filter(({ msg, part }) => msg === 'started' && part !== 'nats-server')
  assert.deepEqual(started.map(({ part }) => part).sort(), ['billing', 'gateway', 'notification', 'order', 'webhook'])
  for (const { part, pid } of started)
    assert.equal(readlinkSync(`/proc/${pid}/exe`), realpathSync(program), `${part} is on another runtime`)
}

function copyTrackedFiles(root: string, target: string): void {
  const asked = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', asked, { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files.filter(file => file && existsSync(join(root, file)))) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(root, file), join(target, file))
  }
}

/** Node comes with its npm, the others alone. Of the rest only what is needed to reach the registry. */
function bareEnvironment(place: string, runtime: Runtime, program: string): NodeJS.ProcessEnv {
  const bin = join(place, 'bin')
  mkdirSync(bin)
  for (const name of ['sh', 'env', ...(runtime.start.startsWith('npm') ? ['npm'] : [])])
    symlinkSync(onPath(name), join(bin, name))
  symlinkSync(realpathSync(program), join(bin, basename(program)))

  const network = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_registry|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name),
  )
  const userConfig = join(homedir(), '.npmrc')
  return {
    ...Object.fromEntries(network),
    ...(existsSync(userConfig) ? { npm_config_userconfig: userConfig } : {}),
    PATH: bin,
    HOME: join(place, 'home'),
    XDG_CACHE_HOME: join(place, 'cache'),
    NATS_SERVER_BIN: process.env.NATS_SERVER_BIN,
    KASSA_PORT: '0',
    KASSA_NATS_PORT: '0',
    // The supervisor then tells the pids of its parts.
    KASSA_LOG_LEVEL: 'debug',
    NO_COLOR: '1',
  }
}

function onPath(name: string): string {
  const places = (process.env.PATH ?? '').split(delimiter).map(directory => join(directory, name))
  const found = places.find(file => existsSync(file))
  assert.ok(found, `there is no ${name} on the PATH`)
  return realpathSync(found)
}
