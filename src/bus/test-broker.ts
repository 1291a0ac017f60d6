/** A real nats-server for tests: on a free port, in a directory of its own, to be stopped, killed and emptied. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { anyFreePort } from '../processes/ports.ts'
import { natsServerCache } from './server/cache.ts'
import { findNatsServer } from './server/find.ts'

export type TestBroker = {
  url: string
  /** A connection that has nothing to do with our buses. */
  raw: () => Promise<NatsConnection>
  start: () => Promise<void>
  /** Ends it; with SIGKILL as a crash of the process would. */
  end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** Removes all that it has stored; only while it is stopped. */
  empty: () => void
  /** Ends it for good and removes its directory. */
  close: () => Promise<void>
}

/** Starts it; like ours it syncs every message of a stream that was not made `async`. */
export async function startTestBroker(): Promise<TestBroker> {
  const { NATS_SERVER_BIN, PATH = '' } = process.env
  const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
  const program = (await findNatsServer(search)).file
  const directory = mkdtempSync(join(tmpdir(), 'kassa-bus-'))
  const storeDir = join(directory, 'store')
  const configFile = join(directory, 'nats.conf')
  const port = await anyFreePort('127.0.0.1')
  const url = `nats://127.0.0.1:${port}`
  writeFileSync(
    configFile,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: ${JSON.stringify(storeDir)}, sync_interval: always }\n`,
  )

  let server: ChildProcess | undefined
  const killServer = () => void server?.kill('SIGKILL')
  process.once('exit', killServer)

  const raw = () => connect({ servers: url, noAsyncTraces: true })
  const start = async () => {
    server = spawn(program, ['-c', configFile], { stdio: 'ignore' })
    // It takes connections only when its streams are recovered.
    while (true) {
      if (server.exitCode !== null)
        throw new Error(`nats-server ${program} ended with ${server.exitCode}; start it by hand`)
      try {
        await (await raw()).close()
        return
      } catch {
        // Not yet.
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    }
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }

  await start()
  return {
    url,
    raw,
    start,
    end,
    empty: () => rmSync(storeDir, { recursive: true, force: true }),
    close: async () => {
      await end('SIGKILL')
      process.off('exit', killServer)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
