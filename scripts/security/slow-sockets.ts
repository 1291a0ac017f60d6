/** How honest clients fare while others hold thousands of connections open, as a ratio within one run. */
import { expecting, get, post } from '../../test/http-client.ts'
import { startKassa } from '../../test/kassa-under-test.ts'
import { openSlowSockets } from '../../test/slow-sockets.ts'

const CLIENTS = 8
const REQUESTS_EACH = 500

/** All requests must succeed; the line tells their p99 with and without. */
export const honestUnderSlowSockets = async (count: number): Promise<{ failed: number; line: string }> => {
  const kassa = await startKassa()
  try {
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
    const { user_id } = await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create/', person))
    const ask = async () => (await get(kassa.url, `/v1/money/balance?user_id=${user_id}`)).status === 200

    await measure(ask)
    const before = await measure(ask)
    const slow = await openSlowSockets(kassa.url, count)
    const during = await measure(ask)
    const open = slow.open()
    slow.close()
    const failed = before.failed + during.failed
    const ratio = (during.p99Ms / before.p99Ms).toFixed(2)
    return {
      failed,
      line: `${CLIENTS * REQUESTS_EACH} honest requests beside ${open} slow connections: ${failed} failed; p99 ${during.p99Ms.toFixed(1)} ms, ${ratio} times that without (${before.p99Ms.toFixed(1)} ms)`,
    }
  } finally {
    await kassa.stop()
  }
}

const measure = async (ask: () => Promise<boolean>): Promise<{ failed: number; p99Ms: number }> => {
  const times: number[] = []
  let failed = 0
  const client = async () => {
    for (let n = 0; n < REQUESTS_EACH; n++) {
      const from = performance.now()
      if (!(await ask().catch(() => false))) failed++
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  times.sort((a, b) => a - b)
  return { failed, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN }
}
