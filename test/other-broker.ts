/** A broker that a test runs beside Kassa, with the users that `nats-config` prints. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { greetingAt } from '../src/bus/server/greeting.ts'
import { anyFreePort } from '../src/processes/ports.ts'
import { runKassa } from './kassa-command.ts'

export type OtherBroker = {
  /** `127.0.0.1:4711` */
  host: string
  /** Ends it at once and starts it again on what it has stored. */
  crash(): Promise<void>
  /** Ends it for good and removes its files; twice is harmless. */
  close(): Promise<void>
}

/**
 * Starts `program` on loopback, for the Kassa whose data lie in `dataDir`. `settings` are further lines of its
 * configuration. Throws when the server ends instead of taking connections.
 */
export async function startOtherBroker(program: string, dataDir: string, settings = ''): Promise<OtherBroker> {
  const { code, stdout, stderr } = await runKassa(['nats-config'], { KASSA_DATA: dataDir })
  assert.equal(code, 0, stderr)
  const directory = mkdtempSync(join(tmpdir(), 'kassa-other-broker-'))
  const port = await anyFreePort('127.0.0.1')
  const configFile = join(directory, 'server.conf')
  writeFileSync(
    configFile,
    `listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(join(directory, 'store'))}, sync_interval: always }
${settings}
${stdout}`,
  )

  let server: ChildProcess | undefined
  const start = async () => {
    server = spawn(program, ['-c', configFile], { stdio: 'ignore' })
    while (!(await greetingAt(port))) {
      assert.equal(server.exitCode, null, 'nats-server takes what nats-config prints')
      await sleep(20)
    }
  }
  const end = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  process.once('exit', () => server?.kill('SIGKILL'))

  await start()
  return {
    host: `127.0.0.1:${port}`,
    crash: async () => {
      await end()
      await start()
    },
    close: async () => {
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
