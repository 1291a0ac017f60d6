/** What a mail server's answers mean: at every step a passing no, a no for ever, silence and a cut line. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../actors/notification/mailer.ts'
import { systemClock } from '../world/clock.ts'
import { createSmtpMailer } from './smtp.ts'
import { type Script, type Step, startScriptedServer } from './test-scripted-server.ts'

const letter = { messageId: '67890.1', to: 'user@email.com', subject: 'Заказ', text: 'Ваш заказ.' }

/** What becomes of a letter that is handed to a server with this script. */
const handTo = async (
  script: Script,
  { offers = ['AUTH PLAIN'], demandsTls = false } = {},
): Promise<{ delivery: Delivery; heard: Step[] }> => {
  const server = await startScriptedServer(script, offers)
  const url = `smtp://shop:secret@127.0.0.1:${server.port}`
  const mailer = createSmtpMailer({ url, from: 'Shop <shop@example.com>', demandsTls }, systemClock)
  const delivery = await mailer.send(letter)
  await server.close()
  return { delivery, heard: server.heard }
}

const later = (error: string): Delivery => ({ outcome: 'later', error })
const never = (error: string): Delivery => ({ outcome: 'never', error, bounced: false })
const bounced = (error: string): Delivery => ({ outcome: 'never', error, bounced: true })

const answers: [step: Step, words: string, delivery: Delivery][] = [
  // About us: somebody may mend it while letters wait.
  ['connect', '421 too many', later('421 to the connection')],
  ['connect', '554 5.7.1 not you', later('554 5.7.1 to the connection')],
  ['connect', 'cut', later('ECONNECTION')],
  ['AUTH', '454 4.7.0 not now', later('454 4.7.0 to AUTH PLAIN')],
  ['AUTH', '535 5.7.8 who are you', later('535 5.7.8 to AUTH PLAIN')],
  ['AUTH', 'cut', later('ECONNECTION')],
  ['MAIL', '451 4.3.0 not now', later('451 4.3.0 to MAIL FROM')],
  ['MAIL', '530 5.7.0 say who you are', later('530 5.7.0 to MAIL FROM')],
  ['MAIL', '550 5.7.1 not from that address', later('550 5.7.1 to MAIL FROM')],
  ['MAIL', 'cut', later('ECONNECTION')],
  ['RCPT', '503 5.5.1 MAIL first', later('503 5.5.1 to RCPT TO')],
  ['RCPT', '530 5.7.0 say who you are', later('530 5.7.0 to RCPT TO')],
  // About the letter, but it may pass.
  ['RCPT', '450 4.2.0 greylisted', later('450 4.2.0 to RCPT TO')],
  ['RCPT', '452 4.2.2 mailbox full', later('452 4.2.2 to RCPT TO')],
  ['RCPT', 'cut', later('ECONNECTION')],
  ['RCPT', 'what?', later('EENVELOPE')],
  ['DATA', '451 4.3.0 not now', later('451 4.3.0 to DATA')],
  ['DATA', 'cut', later('ECONNECTION')],
  ['.', '451 4.7.1 try again', later('451 4.7.1 to DATA')],
  ['.', '421 4.3.2 going down', later('421 4.3.2 to DATA')],
  ['.', 'what?', later('EMESSAGE')],
  ['.', 'cut', later('ECONNECTION')],
  // About the letter, for ever.
  ['MAIL', '552 5.3.4 too large', never('552 5.3.4 to MAIL FROM')],
  ['RCPT', '554 5.7.1 relay access denied', never('554 5.7.1 to RCPT TO')],
  ['RCPT', '550 5.7.1 looks like spam', never('550 5.7.1 to RCPT TO')],
  ['RCPT', '552 5.2.2 mailbox full', never('552 5.2.2 to RCPT TO')],
  ['RCPT', '550 5.1.8 bad sender', never('550 5.1.8 to RCPT TO')],
  ['RCPT', '554 no', never('554 to RCPT TO')],
  ['DATA', '554 no', never('554 to DATA')],
  ['.', '550 5.7.1 looks like spam', never('550 5.7.1 to DATA')],
  ['.', '550 no', never('550 to DATA')],
  // About the address, for ever.
  ['RCPT', '550 no such user', bounced('550 to RCPT TO')],
  ['RCPT', '551 moved', bounced('551 to RCPT TO')],
  ['RCPT', '553 no such name', bounced('553 to RCPT TO')],
  ['RCPT', '556 no mail here', bounced('556 to RCPT TO')],
  ['RCPT', '550 5.1.1 no such user', bounced('550 5.1.1 to RCPT TO')],
  ['RCPT', '554 5.1.10 takes no mail', bounced('554 5.1.10 to RCPT TO')],
  ['RCPT', '550 5.2.1 mailbox disabled', bounced('550 5.2.1 to RCPT TO')],
  ['.', '550 5.1.1 no such user', bounced('550 5.1.1 to DATA')],
]

describe('an answer of the mail server', () => {
  for (const [step, words, delivery] of answers)
    for (const offers of [['AUTH PLAIN'], ['AUTH PLAIN', 'PIPELINING']])
      it(`${words} to ${step}${offers.includes('PIPELINING') ? ', all at once' : ''}: ${meaning(delivery)}`, async () => {
        assert.deepEqual((await handTo({ [step]: words }, { offers })).delivery, delivery)
      })

  it('502 to EHLO and to HELO: later', async () => {
    const { delivery } = await handTo({ EHLO: '502 no', HELO: '502 no' })
    assert.deepEqual(delivery, later('502 to HELO'))
  })

  it('421 to EHLO: later', async () => {
    assert.deepEqual((await handTo({ EHLO: '421 going down' })).delivery, later('421 to EHLO'))
  })

  for (const words of ['454 4.7.0 no TLS now', '502 5.5.1 no such verb', 'cut'])
    it(`${words} to STARTTLS where encryption is demanded: later, and nobody is named`, async () => {
      const { delivery, heard } = await handTo({ STARTTLS: words }, { demandsTls: true })
      assert.equal(delivery.outcome, 'later')
      assert.deepEqual(heard, ['connect', 'EHLO', 'STARTTLS'])
    })

  it('502 to EHLO where encryption is demanded: later, and nobody is named', async () => {
    const { delivery, heard } = await handTo({ EHLO: '502 no' }, { demandsTls: true })
    assert.deepEqual(delivery, later('502 to EHLO'))
    assert.deepEqual(heard, ['connect', 'EHLO'])
  })

  it('421 to RCPT: later, also where the letter was asked for all at once', async () => {
    const apart = await handTo({ RCPT: '421 4.3.2 going down' })
    assert.deepEqual(apart.delivery, later('421 4.3.2 to RCPT TO'))
    const together = await handTo({ RCPT: '421 4.3.2 going down' }, { offers: ['AUTH PLAIN', 'PIPELINING'] })
    assert.deepEqual(together.delivery, later('421 4.3.2 to the connection'))
  })

  it('names neither the address nor the server’s words', async () => {
    const { delivery } = await handTo({ RCPT: '550 5.1.1 <user@email.com> John Colinse has left' })
    assert.deepEqual(delivery, bounced('550 5.1.1 to RCPT TO'))
  })
})

describe('a mail server that is not there', () => {
  it('means later', async () => {
    const server = await startScriptedServer({})
    await server.close()
    const url = `smtp://127.0.0.1:${server.port}`
    const delivery = await createSmtpMailer({ url, from: 'shop@example.com' }, systemClock).send(letter)
    assert.deepEqual(delivery, later('ESOCKET (ECONNREFUSED)'))
  })
})

function meaning(delivery: Delivery): string {
  if (delivery.outcome !== 'never') return 'later'
  return delivery.bounced ? 'never, and the address bounced' : 'never'
}
