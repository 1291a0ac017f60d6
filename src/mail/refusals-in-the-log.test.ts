/** What the log says of a mail server that does not take letters: enough to mend it, and nobody's address. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../actors/notification/mailer.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { withRefusalsInTheLog } from './refusals-in-the-log.ts'

const letter = { messageId: '67890.1', to: 'user@email.com', subject: 'Заказ', text: 'Ваш заказ.' }
const later = (error: string): Delivery => ({ outcome: 'later', error })
const notTaken = (reason: string) =>
  `warn the mail server did not take a letter; it is tried again {"reason":"${reason}"}`

/** Hands a letter over for each delivery; an hour passes where there is none. */
const linesOf = async (...deliveries: (Delivery | 'an hour')[]): Promise<string[]> => {
  const clock = createVirtualClock({ start: 0 })
  const lines: string[] = []
  const say = (level: string) => (facts: object, text: string) =>
    void lines.push(`${level} ${text} ${JSON.stringify(facts)}`)
  let next: Delivery = { outcome: 'sent' }
  const mailer = withRefusalsInTheLog(
    { send: async () => next, close: () => {} },
    { info: say('info'), warn: say('warn') },
    clock,
  )
  for (const delivery of deliveries) {
    if (delivery === 'an hour') {
      await clock.advance(3_600_000)
      continue
    }
    next = delivery
    assert.deepEqual(await mailer.send(letter), delivery)
  }
  return lines
}

describe('a mail server', () => {
  it('that takes letters is not spoken of', async () => {
    assert.deepEqual(await linesOf({ outcome: 'sent' }, { outcome: 'sent' }), [])
  })

  it('that takes none is told of once, however many letters wait, and again after an hour', async () => {
    const out = later('ESOCKET (ECONNREFUSED)')
    assert.deepEqual(await linesOf(out, out, out, 'an hour', out, out), [
      notTaken('ESOCKET (ECONNREFUSED)'),
      notTaken('ESOCKET (ECONNREFUSED)'),
    ])
  })

  it('that takes none for another reason is told of again', async () => {
    assert.deepEqual(await linesOf(later('ESOCKET (ECONNREFUSED)'), later('535 5.7.8 to AUTH PLAIN')), [
      notTaken('ESOCKET (ECONNREFUSED)'),
      notTaken('535 5.7.8 to AUTH PLAIN'),
    ])
  })

  it('that takes letters again is told of', async () => {
    assert.deepEqual(await linesOf(later('421 to the connection'), { outcome: 'sent' }, { outcome: 'sent' }), [
      notTaken('421 to the connection'),
      'info the mail server takes letters again {}',
    ])
  })

  it('that refuses a letter for good is told of', async () => {
    assert.deepEqual(await linesOf({ outcome: 'never', error: '550 5.1.1 to RCPT TO', bounced: true }), [
      'warn the mail server refused a letter for good {"reason":"550 5.1.1 to RCPT TO"}',
    ])
  })
})
