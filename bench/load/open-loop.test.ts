/** What an open loop counts, against a server that answers as the test wants. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { latencyAt } from './latencies.ts'
import { runOpenLoop } from './open-loop.ts'

const servers: ReturnType<typeof createServer>[] = []
after(() => {
  for (const server of servers) server.close()
})

const serve = async (answer: (response: ServerResponse) => void): Promise<number> => {
  const server = createServer((request, response) => {
    request.resume()
    answer(response)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
const settled = (response: ServerResponse) => response.writeHead(201, { 'order-status': 'Confirmed' }).end('{}')
const plan = { kind: 'open', connections: 4, userIds: [1, 2] } as const

describe('an open loop', () => {
  it('sends as many as are due in the window, and counts each once', async () => {
    const port = await serve(settled)
    const windows: boolean[] = []
    const result = await runOpenLoop({ ...plan, userIds: [1, 2], port, perSecond: 100, seconds: 0.5 }, isOpen =>
      windows.push(isOpen),
    )
    assert.equal(result.ok, 50)
    assert.deepEqual([result.pending, result.other], [0, {}])
    assert.deepEqual(windows, [true, false])
  })

  it('counts the wait for a free connection: who answers late lets all who come after wait', async () => {
    // One connection, and 20 ms an answer: the order that comes each 10 ms waits ever longer.
    const port = await serve(response => void setTimeout(settled, 20, response))
    const result = await runOpenLoop(
      { ...plan, userIds: [1], connections: 1, port, perSecond: 100, seconds: 0.5 },
      () => {},
    )
    assert.equal(result.ok, 50)
    assert.ok(latencyAt(result.latencies, 1) >= 900, `${latencyAt(result.latencies, 1)} ms`)
  })

  it('tells what was left pending and what was refused', async () => {
    let asked = 0
    const port = await serve(response => response.writeHead(asked++ % 2 === 0 ? 201 : 503).end('{}'))
    const result = await runOpenLoop({ ...plan, userIds: [1], port, perSecond: 100, seconds: 0.5 }, () => {})
    assert.equal(result.ok, 0)
    assert.equal(result.pending + (result.other[503] ?? 0), 50)
    assert.ok(result.pending > 0 && (result.other[503] ?? 0) > 0)
  })
})
