/** The start as a person sees it: real processes, a real nats-server, from the banner to the last process gone. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { anyFreePort } from '../src/processes/ports.ts'
import { signalProcess } from '../src/processes/running.ts'
import { commandFor } from '../src/processes/runtime.ts'

const entry = fileURLToPath(new URL('../bin/kassa.js', import.meta.url))

type Started = { process: ChildProcess; stdout: () => string; stderr: () => string; ended: Promise<number | null> }

describe('start', { timeout: 120_000, skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kassa-start-'))
  const begun: Started[] = []
  after(async () => {
    for (const start of begun) signalProcess(start.process.pid!, 'SIGKILL')
    while (pidsOn(dataDir).length > 0) await sleep(100)
    rmSync(dataDir, { recursive: true, force: true })
  })

  function start(env: Record<string, string>): Started {
    const child = spawn(process.execPath, [entry], {
      env: { ...process.env, KASSA_DATA: dataDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout!.on('data', chunk => {
      stdout += chunk
    })
    child.stderr!.on('data', chunk => {
      stderr += chunk
    })
    const started = {
      process: child,
      stdout: () => stdout,
      stderr: () => stderr,
      ended: once(child, 'exit').then(([code]) => code),
    }
    begun.push(started)
    return started
  }

  async function ready(started: Started): Promise<{ url: string; natsUrl: string }> {
    while (!started.stdout().includes('Ctrl-C stops it.')) {
      assert.equal(started.process.exitCode, null, started.stderr())
      await sleep(20)
    }
    const [, url = ''] = /HTTP\s+(\S+?)\/ /.exec(started.stdout()) ?? []
    const [, natsUrl = ''] = /bus\s+(\S+)/.exec(started.stdout()) ?? []
    return { url, natsUrl }
  }

  let ports: Record<string, string>
  let running: Started

  it('prints a banner whose curl line works as it stands', async () => {
    ports = {
      KASSA_PORT: String(await anyFreePort('127.0.0.1')),
      KASSA_NATS_PORT: String(await anyFreePort('127.0.0.1')),
    }
    running = start(ports)
    const { url, natsUrl } = await ready(running)
    assert.deepEqual(
      [url, natsUrl],
      [`http://127.0.0.1:${ports.KASSA_PORT}`, `nats://127.0.0.1:${ports.KASSA_NATS_PORT}`],
    )

    const line = running
      .stdout()
      .split('\n')
      .find(line => line.startsWith('  curl '))!
    const [, address = '', body = ''] = /(http\S+) -d '(.*)'/.exec(line) ?? []
    // What curl sends for -d, its content type included.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await fetch(address, { method: 'POST', body, headers })
    assert.equal(reply.status, 201)
  })

  it('tells a second start on the same data who runs where', () => {
    const second = spawnSync(process.execPath, [entry], {
      env: { ...process.env, KASSA_DATA: dataDir },
      encoding: 'utf8',
    })
    assert.equal(second.status, 69)
    assert.match(
      second.stderr,
      new RegExp(
        `pid ${running.process.pid} runs there since \\S+, at http://127.0.0.1:${ports.KASSA_PORT}; stop it first`,
      ),
    )
  })

  it('refuses a port that was asked for and is taken, naming who has it', () => {
    const otherDir = mkdtempSync(join(tmpdir(), 'kassa-start-'))
    const env = { ...process.env, KASSA_DATA: otherDir, KASSA_PORT: ports.KASSA_PORT }
    const second = spawnSync(process.execPath, [entry], { env, encoding: 'utf8' })
    assert.equal(second.status, 69)
    assert.match(
      second.stderr,
      new RegExp(`Cannot take port ${ports.KASSA_PORT} for the gateway: .*; end that, or choose another by KASSA_PORT`),
    )
    rmSync(otherDir, { recursive: true })
  })

  it('brings nats-server back on its port after kill -9', async () => {
    const pidFile = join(dataDir, 'nats', 'nats-server.pid')
    const pid = Number(readFileSync(pidFile, 'utf8'))
    process.kill(pid, 'SIGKILL')
    await untilReadyAgain(ports.KASSA_PORT!, () => pidOr(pidFile) !== pid)
    assert.match(running.stderr(), /"part":"nats-server","reason":"ended with exit code 137"/)
  })

  it('verifies while it runs', () => {
    const { command, args } = commandFor(['verify'])
    const { status, stdout } = spawnSync(command, args, {
      env: { ...process.env, KASSA_DATA: dataDir },
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
  })

  it('leaves nothing running when it is killed, and starts again at once on the same ports', async () => {
    signalProcess(running.process.pid!, 'SIGKILL')
    await running.ended
    const earlier = pidsOn(dataDir)
    running = start(ports)
    await ready(running)
    const later = new Set(pidsOn(dataDir))
    assert.deepEqual(
      earlier.filter(pid => later.has(pid)),
      [],
    )
  })

  it('drains when the wrapper that started it on a newer Node is killed', async () => {
    signalProcess(running.process.pid!, 'SIGTERM')
    await running.ended
    running = start({ ...ports, KASSA_LIFELINE: '3' })
    await ready(running)
    // What the system does with a wrapper's end of the pipe.
    ;(running.process.stdio[3] as Duplex).destroy()
    assert.equal(await running.ended, 0)
    running = start(ports)
    await ready(running)
  })

  it('drains within five seconds of SIGTERM, exit code 0, however often it is told', async () => {
    const began = performance.now()
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) signalProcess(running.process.pid!, signal)
    assert.equal(await running.ended, 0)
    assert.ok(performance.now() - began < 5_000)
    assert.deepEqual(pidsOn(dataDir), [])
  })
})

/** The processes that have this data directory in their environment or command line. */
function pidsOn(dataDir: string): number[] {
  const out = execFileSync(
    'ps',
    ['-e', '-ww', '-o', 'pid=,args=', ...(process.platform === 'linux' ? ['e'] : ['-E'])],
    { encoding: 'utf8', maxBuffer: 64e6 },
  )
  const lines = out.split('\n').filter(line => line.includes(dataDir) && !line.includes('ps -e'))
  return lines.map(line => Number(line.trim().split(' ')[0]))
}

async function untilReadyAgain(port: string, changed: () => boolean): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (changed() && answer?.status === 200) return
    await sleep(50)
  }
}

function pidOr(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined
  } catch {
    // Between two servers there is none.
    return undefined
  }
}
