/** Mail that is slowed on purpose: late, and not otherwise. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { EACH_LETTER_MS, withSlowness } from './slow-mailer.ts'

const letter = { messageId: '1.a', to: 'user@example.com', subject: 'Order', text: 'Order' }

const open = () => {
  const clock = createVirtualClock({ start: 0 })
  const sent: { subject: string; atMs: number }[] = []
  const mailer = withSlowness(
    {
      send: async ({ subject }) => {
        sent.push({ subject, atMs: clock.monotonic() })
        return { outcome: 'sent' }
      },
      close: () => {},
    },
    clock,
  )
  const send = (subject: string) => void mailer.send({ ...letter, subject })
  return { clock, mailer, sent, send }
}

describe('a mailer that can be slowed', () => {
  it('hands letters over at once until it is', async () => {
    const { clock, sent, send } = open()
    send('A')
    await clock.advance(0)
    assert.deepEqual(sent, [{ subject: 'A', atMs: 0 }])
  })

  it('hands each over later while it is, and at once again afterwards', async () => {
    const { clock, mailer, sent, send } = open()
    mailer.slow(5_000)
    send('A')
    await clock.advance(4_000)
    send('B')
    await clock.advance(1_000)
    send('C')
    await clock.advance(EACH_LETTER_MS)
    assert.deepEqual(sent, [
      { subject: 'A', atMs: EACH_LETTER_MS },
      { subject: 'C', atMs: 5_000 },
      { subject: 'B', atMs: 4_000 + EACH_LETTER_MS },
    ])
  })

  it('is slow as long as the longer of two wishes', async () => {
    const { clock, mailer, sent, send } = open()
    mailer.slow(60_000)
    mailer.slow(1_000)
    await clock.advance(30_000)
    send('A')
    await clock.advance(EACH_LETTER_MS)
    assert.deepEqual(sent, [{ subject: 'A', atMs: 30_000 + EACH_LETTER_MS }])
  })

  it('says what became of the letter', async () => {
    const { mailer } = open()
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
  })
})
