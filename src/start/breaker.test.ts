/** What is broken in a demo, on the bus in memory. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { REFUSAL_HEADERS } from '../bus/command-id.ts'
import { createMemoryBroker } from '../bus/memory.ts'
import { demoSubject, SUPERVISOR } from '../bus/subjects.ts'
import { readConfig } from '../config.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { finishOn } from '../world/test-finish.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { type BreakerPorts, serveBreakages, startBreaker } from './breaker.ts'

const NOBODY_LISTENS = 'nats://127.0.0.1:1'
const CONNECT_MS = 500

const ORDER = { actor: 'order', cell: 0 }

const demo = (more: Partial<BreakerPorts> = {}) => {
  const clock = createVirtualClock({ start: 0 })
  const broker = createMemoryBroker({ clock, random: createSeededRandom(1) })
  const failures: unknown[] = []
  const log = { warn: () => {}, error: (fields: object) => void failures.push(fields) }
  serveBreakages(broker.connect('operator'), { processes: 'many', kill: () => 4711, log, ...more })
  const gateway = broker.connect('gateway')
  const finish = finishOn(clock)
  const ask = async (name: string, body: object) => {
    const bytes = Buffer.from(JSON.stringify(body))
    const answer = await finish(gateway.request(demoSubject(SUPERVISOR, name), bytes, { timeoutMs: 1_000 }))
    const said = JSON.parse(Buffer.from(answer.body).toString('utf8'))
    return { refused: answer.headers[REFUSAL_HEADERS.status], said }
  }
  return { broker, ask, finish, gateway, failures }
}

describe('the breaker of a demo', () => {
  it('ends the process of the actor that is named, and tells its pid', async () => {
    const killed: string[] = []
    const { ask } = demo({
      kill: part => {
        killed.push(part)
        return 4711
      },
    })
    assert.deepEqual(await ask('KillActor', { actor: 'billing' }), {
      refused: undefined,
      said: { actor: 'billing', pid: 4711 },
    })
    assert.deepEqual(killed, ['billing'])
  })

  it('says that an actor does not run just now', async () => {
    const { ask } = demo({ kill: () => undefined })
    const { refused, said } = await ask('KillActor', { actor: 'billing' })
    assert.deepEqual([refused, said.code], ['409', 'demo_unavailable'])
    assert.match(said.detail, /billing does not run at this moment/)
  })

  it('kills nothing where all parts are one process', async () => {
    const { ask } = demo({ processes: 'one', kill: () => assert.fail('nothing is to be killed') })
    const { refused, said } = await ask('KillActor', { actor: 'billing' })
    assert.deepEqual([refused, said.code], ['409', 'demo_unavailable'])
    assert.match(said.detail, /no process of its own \(KASSA_PROCESSES=one\)/)
  })

  it('deletes the stream of the actor that is named, and no other; there is none to delete then', async () => {
    const { broker, ask, finish, gateway } = demo()
    for (const actor of ['order', 'billing']) await finish(gateway.logStream({ ...ORDER, actor }).create())
    const { refused, said } = await ask('DeleteStream', { actor: 'order' })
    assert.deepEqual([refused, said], [undefined, { stream: 'ORDER_0', messages: 0 }])
    assert.equal(await finish(gateway.logStream(ORDER).look()), undefined)
    assert.ok(await finish(gateway.logStream({ ...ORDER, actor: 'billing' }).look()))
    assert.deepEqual(broker.messages('ORDER_0'), [])

    const again = await ask('DeleteStream', { actor: 'order' })
    assert.deepEqual([again.refused, again.said.code], ['409', 'demo_unavailable'])
    assert.match(again.said.detail, /no stream ORDER_0 at this moment/)
  })

  it('breaks nothing that is no actor: whoever asks so has not asked the gateway', async () => {
    const { ask, failures } = demo({ kill: () => assert.fail('nothing is to be killed') })
    const { refused } = await ask('KillActor', { actor: 'nats-server' })
    assert.equal(refused, '500')
    assert.equal(failures.length, 1)
  })

  it('is stopped without waiting for a broker that is not there', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kassa-breaker-'))
    try {
      const { config } = readConfig({ KASSA_DATA: dataDir, KASSA_DEMO: '1' })
      const told: unknown[] = []
      const tell = (...what: unknown[]) => void told.push(what)
      const ports = { processes: 'many', kill: () => undefined, log: { warn: tell, error: tell } } as const
      await startBreaker(config, NOBODY_LISTENS, ports, CONNECT_MS).stop()
      assert.deepEqual(told, [], 'it had not yet given up on the first try')
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
