/** Our own nats-server, run for real. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { anyFreePort } from '../../processes/ports.ts'
import { programOf } from '../../processes/test-program.ts'
import { natsServerCache } from './cache.ts'
import { findNatsServer } from './find.ts'
import { greetingAt } from './greeting.ts'
import { type RunningServer, runNatsServer } from './run.ts'

const posix = process.platform !== 'win32'

describe('our nats-server', { skip: !posix && 'process groups are of Unix' }, () => {
  let program: string
  let dataDir: string
  let port: number
  let server: RunningServer | undefined

  before(async () => {
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    program = (await findNatsServer(search)).file
    dataDir = mkdtempSync(join(tmpdir(), 'kassa-run-'))
    port = await anyFreePort('127.0.0.1')
  })

  after(async () => {
    await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('greets on the port it was given, with JetStream', async () => {
    server = await runNatsServer({ program, dataDir, port })
    assert.equal(server.url, `nats://127.0.0.1:${port}`)
    assert.match((await greetingAt(port))!, /"jetstream":true/)
  })

  it('is in a process group of its own, where Ctrl-C does not reach it', () => {
    const groupOf = (pid: number) => execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    assert.notEqual(groupOf(server!.pid), groupOf(process.pid))
  })

  it('says why it can’t start, with the end of its log', async () => {
    const otherDir = mkdtempSync(join(tmpdir(), 'kassa-run-'))
    await assert.rejects(runNatsServer({ program, dataDir: otherDir, port }), /address already in use/)
    rmSync(otherDir, { recursive: true })
  })

  it('comes back on the same port after kill -9', async () => {
    server!.kill()
    await server!.exited
    server = await runNatsServer({ program, dataDir, port })
    assert.ok(await greetingAt(port))
  })

  it('ends when asked', async () => {
    const began = performance.now()
    await server!.stop()
    assert.equal(await greetingAt(port), undefined)
    assert.ok(performance.now() - began < 2_000)
    server = undefined
  })

  it('ends when asked, also while somebody watches with nats sub', async () => {
    server = await runNatsServer({ program, dataDir, port })
    const watcher = await connect({ servers: server.url, reconnect: false })
    watcher.subscribe('>')
    await watcher.flush()

    const began = performance.now()
    await server.stop()
    assert.deepEqual(await server.exited, { code: 0, signal: null })
    assert.ok(performance.now() - began < 2_000)
    server = undefined
    await watcher.closed()
  })

  it('outlives a supervisor that is killed only by seconds, and is ended at once by the next start', async () => {
    const supervisor = startSupervisor({ program, dataDir, port })
    const [said] = await once(supervisor.stdout!, 'data')
    supervisor.kill('SIGKILL')
    await once(supervisor, 'exit')
    assert.ok(await greetingAt(port), 'the actors may still drain')

    const lines: string[] = []
    server = await runNatsServer({ program, dataDir, port, say: line => lines.push(line) })
    assert.deepEqual(lines, [
      `Ended nats-server pid ${String(said).trim()}, which an earlier start had left on the same files`,
    ])
    await server.stop()
    server = undefined
  })

  it('is gone some seconds after a supervisor that was killed', { timeout: 20_000 }, async () => {
    const supervisor = startSupervisor({ program, dataDir, port })
    await once(supervisor.stdout!, 'data')
    supervisor.kill('SIGKILL')
    while (await greetingAt(port)) await sleep(100)
  })
})

/** A process of its own that runs nats-server and says its pid. */
function startSupervisor(plan: { program: string; dataDir: string; port: number }) {
  const module = new URL('run.ts', import.meta.url).href
  const code = `import { runNatsServer } from ${JSON.stringify(module)}
    const server = await runNatsServer(${JSON.stringify(plan)})
    console.log(server.pid)`
  const { command, args } = programOf(code)
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}
