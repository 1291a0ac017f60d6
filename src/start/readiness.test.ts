/** What a person reads while a start takes long. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { untilReady } from './readiness.ts'

const open = { part: 'billing/0', phase: 'open', waits_for: null }
const healing = { part: 'order/0', phase: 'healing', waits_for: 'the broker' }
const silent = { part: 'order/0', phase: 'silent', waits_for: null }

describe('waiting until everything is ready', () => {
  it('says each thing that is waited for once, and by name', async () => {
    const lines = await linesUntilReady([
      [open, silent],
      [open, healing],
      [open, healing],
      [open, healing],
    ])
    assert.deepEqual(lines, [
      'Not ready yet; waiting for order/0 (silent)',
      'Not ready yet; waiting for order/0 (healing: the broker)',
    ])
  })

  it('shows as it is what is no list of parts', async () => {
    assert.deepEqual(await linesUntilReady(['another server']), ['Not ready yet; waiting for "another server"'])
  })
})

/** What is said while a gateway gives these answers, one after the other, and then is ready. */
async function linesUntilReady(answers: unknown[]): Promise<string[]> {
  const left = [...answers]
  const server = createServer((_, response) => {
    const parts = left.shift()
    const instance = String(left.length)
    response.statusCode = parts === undefined ? 200 : 503
    response.end(JSON.stringify(Array.isArray(parts) ? { instance, parts } : parts))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const lines: string[] = []
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const wait = { url, natsUrl: 'nats://127.0.0.1:4222', signal: new AbortController().signal, patienceMs: 0 }

  await untilReady(wait, line => lines.push(line))
  server.close()
  return lines
}
