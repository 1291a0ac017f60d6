/** Parts that are run alone on a broker with users: their streams are made by a keeper, as soon as there is one. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ACTOR_NAMES } from '../src/actors/registry.ts'
import { natsServerCache } from '../src/bus/server/cache.ts'
import { findNatsServer } from '../src/bus/server/find.ts'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa, spawnKassa } from './kassa-command.ts'
import { lookAt, type NatsLook } from './nats-look.ts'
import { type OtherBroker, startOtherBroker } from './other-broker.ts'

const COME_MS = 60_000
const STREAMS = ['BILLING_0', 'COMMANDS', 'NOTIFICATION_0', 'ORDER_0', 'WEBHOOK_0']

describe('parts that are run alone', { timeout: 300_000 }, () => {
  let broker: OtherBroker
  let look: NatsLook
  let parts: ChildProcess
  let keeper: ChildProcess | undefined
  const dataDir = newDataDir()
  const said: string[] = []

  const run = (...words: string[]): ChildProcess => {
    const env = { NATS_URL: `nats://${broker.host}`, KASSA_DATA: dataDir, KASSA_PORT: '0' }
    const child = spawnKassa(words, env)
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => void said.push(String(chunk)))
    return child
  }
  /** Runs an order actor of other settings to its end. */
  const endOf = async (env: Record<string, string>) => {
    const { code, stdout, stderr } = await runKassa(['actor', 'order'], {
      NATS_URL: `nats://${broker.host}`,
      KASSA_PORT: '0',
      ...env,
    })
    return { code, told: stdout + stderr }
  }
  const end = async (child: ChildProcess | undefined) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    process.kill(child.pid!, 'SIGTERM')
    await exited
  }
  const streams = async (): Promise<string[]> => {
    const names: string[] = []
    for await (const { config } of look.jetstream.streams.list()) names.push(config.name)
    return names.sort()
  }
  const phases = () =>
    Promise.all(
      ACTOR_NAMES.map(async actor => (await look.ask<{ phase: string }>(`${actor}.0.query.Health`)).phase),
      // Until it has started it answers nobody.
    ).catch(() => [])

  const areOpen = async (): Promise<boolean> => {
    const told = await phases()
    return told.length === ACTOR_NAMES.length && told.every(phase => phase === 'open')
  }

  before(async () => {
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    broker = await startOtherBroker((await findNatsServer(search)).file, dataDir)
    look = await lookAt({ natsUrl: `nats://${broker.host}`, dataDir })
    parts = run('all')
  })
  after(async () => {
    await end(parts)
    await end(keeper)
    await look?.close()
    await broker?.close()
  })

  it('wait, and say for whom, while nobody keeps', async () => {
    await eventually('every actor answers', COME_MS, async () => (await phases()).length > 0 || undefined)
    await eventually(
      'they say what is missing',
      COME_MS,
      () => said.join('').includes('npm start -- keeper') || undefined,
    )
    assert.deepEqual(await streams(), [])
  })

  it('open when there is a keeper, with every stream', async () => {
    keeper = run('keeper')
    await eventually('all are open', COME_MS, async () => (await areOpen()) || undefined)
    await eventually(
      'every stream is there',
      COME_MS,
      async () => (await streams()).length === STREAMS.length || undefined,
    )
    assert.deepEqual(await streams(), STREAMS)
  })

  it('read as the consumers of their names: to the subjects of those they may publish, so that the broker need not remember them', async () => {
    // The webhook actor reads nothing as long as nobody has a webhook.
    const readers = ['billing-0', 'notification-0']
    const names = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const { name } of look.jetstream.consumers.list('ORDER_0')) found.push(name)
      return found.sort()
    }
    await eventually('they read', COME_MS, async () => (await names()).length === readers.length || undefined)
    assert.deepEqual(await names(), readers)
  })

  it('refuse one that has the key of an actor alone: it may not ask whether another one answers', async () => {
    const key = join(dataDir, 'nats-keys', 'order-0.nk')
    const { code, told } = await endOf({ KASSA_DATA: newDataDir(), NATS_NKEY: key })
    assert.equal(code, 78, told)
    assert.match(told, /the broker lets nobody here ask whether another one answers for it/)
  })

  it('refuse a second one of the same user that has another store', async () => {
    const other = newDataDir()
    cpSync(join(dataDir, 'nats-keys'), join(other, 'nats-keys'), { recursive: true })
    const { code, told } = await endOf({ KASSA_DATA: other })
    assert.equal(code, 78, told)
    assert.match(told, /another one \(pid \d+, with a store of its own\) answers at this broker/)
  })

  it('go on without it, and get a stream again that was deleted when it is back', async () => {
    await end(keeper)
    assert.ok(await look.jetstream.streams.delete('BILLING_0'))
    assert.ok(await areOpen())
    keeper = run('keeper')
    await eventually(
      'the stream is there again',
      COME_MS,
      async () => (await streams()).length === STREAMS.length || undefined,
    )
    assert.deepEqual(await streams(), STREAMS)
  })
})
