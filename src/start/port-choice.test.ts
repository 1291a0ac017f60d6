/** A port that stays once others have been told of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { anyFreePort } from '../processes/ports.ts'
import { portChoice } from './port-choice.ts'

const host = '127.0.0.1'

/** A choice for a port that another process takes right after it was chosen. */
async function raced(asked: boolean) {
  const port = await anyFreePort(host)
  const choice = await portChoice({ host, port, asked, purpose: 'the gateway', variable: 'KASSA_PORT' }, () => {})
  const quicker = createServer().listen(port, host)
  await once(quicker, 'listening')
  return { port, choice, free: () => quicker.close() }
}

describe('a chosen port', () => {
  it('is tried first, and given up for another when somebody was quicker', async () => {
    const { port, choice, free } = await raced(false)
    assert.equal(await choice.next(), port)
    assert.notEqual(await choice.next(), port)
    free()
  })

  it('stays when it was asked for', async () => {
    const { port, choice, free } = await raced(true)
    assert.deepEqual([await choice.next(), await choice.next()], [port, port])
    free()
  })

  it('stays once it is settled', async () => {
    const { port, choice, free } = await raced(false)
    await choice.next()
    choice.settle()
    assert.equal(await choice.next(), port)
    free()
  })
})
