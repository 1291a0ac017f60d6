/** The stream in memory answers publishes as a real broker does. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { EXPECTED_LAST_ID, EXPECTED_LAST_SEQ, MESSAGE_ID } from './entry-message.ts'
import { createMemoryStream, type StoreOutcome } from './memory-stream.ts'
import { startTestBroker, type TestBroker } from './test-broker.ts'

// So long that no id falls out of it in this test.
const WINDOW_MS = 120_000
const PUBLISHES = 2_000

type Answer = { seq: number; duplicate?: boolean; error?: { err_code: number; description: string } }

describe('the stream in memory', { timeout: 60_000 }, () => {
  let broker: TestBroker
  before(async () => {
    broker = await startTestBroker()
  })
  after(() => broker.close())

  test('takes, refuses and recognises as nats-server does, whatever is expected of it', async context => {
    const raw = await broker.raw()
    const info = (await raw.request('$JS.API.INFO')).json<{ api: { level?: number } }>()
    if ((info.api.level ?? 0) < 2) return context.skip('before 2.12 the broker checks in another order')
    const config = { name: 'T', subjects: ['t'], storage: 'memory', duplicate_window: WINDOW_MS * 1_000_000 }
    await raw.request('$JS.API.STREAM.CREATE.T', JSON.stringify(config))
    const clock = createVirtualClock({ start: 0 })
    const stream = createMemoryStream({ name: 'T', created: '', subjects: ['t'], duplicateWindowMs: WINDOW_MS, clock })

    const random = createSeededRandom(1)
    const recent: string[] = []
    const kinds = new Map<string, number>()
    for (let count = 0; count < PUBLISHES; count++) {
      const headers = expectations(stream.lastSeq(), recent)
      const mine = answerOf(stream.store({ subject: 't', body: new Uint8Array(), headers }))
      const real = (await raw.request('t', '', { timeout: 5_000, headers: carried(headers) })).json<Answer>()
      assert.deepEqual(
        mine,
        { seq: real.seq, duplicate: real.duplicate, error: real.error && short(real.error) },
        `${count}`,
      )
      const kind = real.error ? `${real.error.err_code}` : real.duplicate ? 'duplicate' : 'stored'
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (kind === 'stored') recent.unshift(headers[MESSAGE_ID] ?? '')
    }
    for (const kind of ['stored', 'duplicate', '10070', '10071']) assert.ok(kinds.get(kind)! > 50, `${[...kinds]}`)
    await raw.close()

    /** Mostly what is right, sometimes a little off. */
    function expectations(last: number, ids: string[]): Record<string, string> {
      const headers: Record<string, string> = {}
      if (random.fraction() < 0.9) headers[MESSAGE_ID] = `id-${random.integer(1_000)}`
      if (random.fraction() < 0.7)
        headers[EXPECTED_LAST_SEQ] = `${random.fraction() < 0.8 ? last : last + random.pick([-1, 1])}`
      const id = random.fraction() < 0.8 ? ids[0] : random.pick(['wrong', ids[1] ?? ''])
      if (random.fraction() < 0.7 && id) headers[EXPECTED_LAST_ID] = id
      return headers
    }
  })
})

const short = ({ err_code, description }: { err_code: number; description: string }) => ({ err_code, description })

const answerOf = (outcome: StoreOutcome) =>
  outcome.kind === 'refused'
    ? { seq: 0, duplicate: undefined, error: { err_code: outcome.errorCode, description: outcome.description } }
    : { seq: outcome.seq, duplicate: outcome.kind === 'duplicate' ? true : undefined, error: undefined }

const carried = (pairs: Record<string, string>) => {
  const headers = natsHeaders()
  for (const [name, value] of Object.entries(pairs)) headers.set(name, value)
  return headers
}
