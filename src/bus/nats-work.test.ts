/** Working off the queue goes on when the broker's consumer does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import type { QueuedCommand } from './bus.ts'
import { silentLog } from './bus-log.ts'
import { createCollector } from './collector.ts'
import { askApi } from './nats-api.ts'
import { openLink } from './nats-link.ts'
import { natsQueue } from './nats-queue.ts'
import { workQueue } from './nats-work.ts'
import { startTestBroker } from './test-broker.ts'

test('a consumer of the queue that delivers nothing any more is made again', { timeout: 30_000 }, async context => {
  const broker = await startTestBroker()
  const ports = { clock: systemClock, random: systemRandom, log: silentLog, access: {}, connectTimeoutMs: 5_000 }
  const link = await openLink({ url: broker.url, name: 'order.0', ...ports })
  try {
    const address = { actor: 'order', cell: 0 }
    const queue = natsQueue(link, [address])
    const commands = createCollector<QueuedCommand>()
    const working = workQueue(link, address, [address], commands.add, 100)
    await queue.send('order.0.queue.Ship', new Uint8Array(), { id: 'before' })
    ;(await commands.first(1))[0]!.ack()

    // Paused it is like one that stands ahead of its stream: alive, and deaf.
    const until = { pause_until: new Date(Date.now() + 3_600_000).toISOString() }
    const paused = await askApi<{ paused?: boolean }>(link, 'CONSUMER.PAUSE.COMMANDS.order-0', until).catch(
      () => undefined,
    )
    if (!paused?.paused) return context.skip('the broker knows no pause (before 2.11)')

    await queue.send('order.0.queue.Ship', new Uint8Array(), { id: 'after' })
    assert.equal((await commands.first(2))[1]!.fallbackId, 'after')
    await working.stop()
  } finally {
    await link.close()
    await broker.close()
  }
})
