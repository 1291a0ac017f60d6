/** A link that is closed while somebody still asks: a server of some lines decides what arrives in one piece. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { it } from 'node:test'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { silentLog } from './bus-log.ts'
import { openLink } from './nats-link.ts'

const INFO = { server_id: 'TOY', version: '2.15.1', proto: 1, headers: true, max_payload: 1_000_000 }

/** Hands over a question on `asked` together with the answer that ends the drain; `heard` are all lines that came. */
const startToyServer = async () => {
  const heard: string[] = []
  const server = createServer(socket => {
    let subscription = ''
    socket.on('error', () => {})
    socket.write(`INFO ${JSON.stringify(INFO)}\r\n`)
    socket.on('data', bytes => {
      for (const line of String(bytes).split('\r\n')) {
        heard.push(line)
        if (line.startsWith('SUB asked ')) subscription = line.split(' ').at(-1) ?? ''
        const isDraining = heard.includes(`UNSUB ${subscription}`)
        const question = line === 'PING' && isDraining ? `MSG asked ${subscription} answers.here 0\r\n\r\n` : ''
        if (line === 'PING') socket.write(`${question}PONG\r\n`)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { heard, url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

it('a link that is closed still answers what comes together with the end of the drain', async () => {
  const server = await startToyServer()
  const ports = { clock: systemClock, random: systemRandom, log: silentLog, access: {}, connectTimeoutMs: 5_000 }
  const link = await openLink({ url: server.url, name: 'order.0', ...ports })
  try {
    link.subscribe('asked', ({ reply }) => link.publish(reply ?? '', Buffer.from('not now')))
    await link.close()
    assert.ok(server.heard.includes('PUB answers.here 7'), server.heard.join('\n'))
  } finally {
    await link.close()
    server.close()
  }
})
