/** Letters to a real mail server on loopback: they arrive as they were written, to one recipient, by a line that is safe. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { createTransport } from 'nodemailer'
import { systemClock } from '../world/clock.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createSmtpMailer, messageOf, type SmtpOptions } from './smtp.ts'
import { NO_ADDRESS } from './smtp-answer.ts'
import { ELSEWHERE, HERE } from './test-certificates.ts'
import { type MailServer, type MailServerOptions, startMailServer } from './test-mail-server.ts'
import { startScriptedServer } from './test-scripted-server.ts'

const letter = {
  messageId: '67890.lm9c0w00',
  to: 'user@email.com',
  subject: 'Заказ #54321 ожидает подтверждения',
  text: 'Ваш заказ #54321 ожидает подтверждения.',
}

/** A server, and a mailer that knows it as `smtp://127.0.0.1:…` unless told else. */
const meet = async (
  t: TestContext,
  server: MailServerOptions = {},
  client: Partial<SmtpOptions> & { as?: string } = {},
) => {
  const mailServer = await startMailServer(server)
  t.after(() => mailServer.close())
  const { as = 'smtp://127.0.0.1', ...options } = client
  const mailer = createSmtpMailer(
    { url: `${as}:${mailServer.port}`, from: 'Магазин <shop@example.com>', ...options },
    systemClock,
  )
  return { server: mailServer, mailer }
}

const onlyOne = ({ arrived }: MailServer) => {
  assert.equal(arrived.length, 1)
  return arrived[0]!
}

describe('a letter', () => {
  it('arrives as it was written, from the shop, to its one recipient', async t => {
    const { server, mailer } = await meet(t)
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })

    const { from, to, mail } = onlyOne(server)
    assert.equal(from, 'shop@example.com')
    assert.deepEqual(to, ['user@email.com'])
    assert.equal(mail.subject, letter.subject)
    assert.equal(mail.text?.trimEnd(), letter.text)
    assert.deepEqual(mail.from?.value, [{ address: 'shop@example.com', name: 'Магазин' }])
    assert.deepEqual([mail.to].flat()[0]?.value, [{ address: 'user@email.com', name: '' }])
    assert.equal(mail.messageId, '<67890.lm9c0w00@example.com>')
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
    assert.equal(mail.html, false)
    assert.deepEqual(mail.attachments, [])
  })

  it('has just the headers that it needs', async t => {
    const { server, mailer } = await meet(t)
    await mailer.send(letter)
    const names = onlyOne(server).mail.headerLines.map(({ key }) => key)
    assert.deepEqual(names.sort(), [
      'auto-submitted',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ])
  })

  const texts: [what: string, text: string][] = [
    ['a dot alone on a line', 'до\n.\nпосле'],
    ['lines that begin with a dot', '.\n..\n.a'],
    ['what looks like headers', 'To: other@email.com\nBcc: other@email.com\n\nтекст'],
    ['what looks like a verb', 'RCPT TO:<other@email.com>\nQUIT'],
    ['a line of ten thousand letters', 'я'.repeat(10_000)],
    ['markup', '<b>не</b> &amp; "жирно"'],
    ['characters beyond the first 65,536', 'чай 🍵 и 𝔎𝔞𝔰𝔰𝔞'],
  ]
  for (const [what, text] of texts)
    it(`keeps ${what}`, async t => {
      const { server, mailer } = await meet(t)
      assert.deepEqual(await mailer.send({ ...letter, text }), { outcome: 'sent' })
      const { mail, to } = onlyOne(server)
      assert.equal(mail.text?.replace(/\n$/, ''), text)
      assert.deepEqual(to, ['user@email.com'])
    })

  it('that is greylisted is taken when it comes again, under the same Message-ID', async t => {
    const { server, mailer } = await meet(t, {
      toRecipient: (_, attempt) => (attempt === 1 ? { code: 450, text: 'come back later' } : undefined),
    })
    assert.deepEqual(await mailer.send(letter), { outcome: 'later', error: '450 to RCPT TO' })
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
    assert.equal(onlyOne(server).mail.messageId, '<67890.lm9c0w00@example.com>')
  })

  it('whose line is cut after the data comes again, and both copies have the same Message-ID', async t => {
    const { server, mailer } = await meet(t, { afterData: attempt => (attempt === 1 ? 'cut' : undefined) })
    assert.equal((await mailer.send(letter)).outcome, 'later')
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
    const copies = server.arrived.map(({ mail }) => mail.messageId)
    assert.deepEqual(copies, ['<67890.lm9c0w00@example.com>', '<67890.lm9c0w00@example.com>'])
  })

  it('whose address the server does not know has bounced', async t => {
    const { server, mailer } = await meet(t, { toRecipient: () => ({ code: 550, text: 'no such user' }) })
    const delivery = await mailer.send(letter)
    assert.ok(delivery.outcome === 'never' && delivery.bounced, JSON.stringify(delivery))
    assert.deepEqual(server.arrived, [])
  })

  it('is given up for now after a minute of the clock, and the line is cut', async t => {
    const clock = createVirtualClock({ start: 0 })
    const server = await startScriptedServer({ '.': 'silence' })
    t.after(() => server.close())
    const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'shop@example.com' }, clock)
    const silent = server.next('.')
    const sent = mailer.send(letter)
    await silent
    await clock.advance(59_999)
    assert.equal(server.connections(), 1)
    await clock.advance(1)
    assert.deepEqual(await sent, { outcome: 'later', error: 'no end within 60 s' })
  })

  it('on its way when the mailer closes is given up for now', async t => {
    const server = await startScriptedServer({ connect: 'silence' })
    t.after(() => server.close())
    const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'shop@example.com' }, systemClock)
    const silent = server.next('connect')
    const sent = mailer.send(letter)
    await silent
    mailer.close()
    assert.deepEqual(await sent, { outcome: 'later', error: 'EABORT' })
  })
})

describe('the line to the mail server', () => {
  const demanding = { demandsTls: true, authorities: HERE.cert }

  it('is encrypted by STARTTLS where the certificate is one that is trusted', async t => {
    const { server, mailer } = await meet(t, { tls: 'starttls' }, demanding)
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
    assert.equal(onlyOne(server).isEncrypted, true)
  })

  it('is encrypted from the start with smtps', async t => {
    const { server, mailer } = await meet(t, { tls: 'from the start' }, { ...demanding, as: 'smtps://127.0.0.1' })
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
    assert.equal(onlyOne(server).isEncrypted, true)
  })

  const faults: [what: string, server: MailServerOptions, as: string, error: string][] = [
    [
      'a certificate that the server made for itself',
      { tls: 'starttls', certificate: ELSEWHERE },
      'smtp',
      'SELF_SIGNED',
    ],
    ['the same with smtps', { tls: 'from the start', certificate: ELSEWHERE }, 'smtps', 'SELF_SIGNED'],
    ['a server that can not encrypt', { tls: 'none' }, 'smtp', 'to STARTTLS'],
  ]
  for (const [what, options, as, error] of faults)
    it(`is not used with ${what}: later, and nobody has logged in or written`, async t => {
      const { server, mailer } = await meet(t, options, { ...demanding, as: `${as}://shop:secret@127.0.0.1` })
      const delivery = await mailer.send(letter)
      assert.equal(delivery.outcome, 'later')
      assert.match(JSON.stringify(delivery), new RegExp(error))
      assert.deepEqual(server.arrived, [])
    })

  for (const [as, tls] of [
    ['smtp', 'starttls'],
    ['smtps', 'from the start'],
  ] as const)
    it(`is not used with a trusted certificate of another name (${as}): later`, async t => {
      const { server, mailer } = await meet(
        t,
        { tls, certificate: ELSEWHERE },
        { demandsTls: true, authorities: ELSEWHERE.cert, as: `${as}://127.0.0.1` },
      )
      assert.equal((await mailer.send(letter)).outcome, 'later')
      assert.deepEqual(server.arrived, [])
    })

  for (const [what, tls, isEncrypted] of [
    ['encrypted where that is offered, whatever the certificate says', 'starttls', true],
    ['plain where it is not', 'none', false],
  ] as const)
    it(`is, on loopback, ${what}`, async t => {
      const { server, mailer } = await meet(t, { tls, certificate: ELSEWHERE }, { as: 'smtp://localhost' })
      assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
      assert.equal(onlyOne(server).isEncrypted, isEncrypted)
    })
})

describe('a mail server that wants to know who writes', () => {
  const user = { name: 'shop@example.com', password: 'сек@рет/%' }
  const as = ({ name, password }: typeof user) =>
    `smtp://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1`

  it('is told, and takes the letter', async t => {
    const { server, mailer } = await meet(t, { tls: 'starttls', user }, { as: as(user) })
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })
    assert.equal(onlyOne(server).user, user.name)
  })

  it('and gets a wrong password takes none: later', async t => {
    const { server, mailer } = await meet(t, { tls: 'starttls', user }, { as: as({ ...user, password: 'wrong' }) })
    const delivery = await mailer.send(letter)
    assert.equal(delivery.outcome, 'later')
    assert.match(JSON.stringify(delivery), /535.* to AUTH PLAIN/)
    assert.deepEqual(server.arrived, [])
  })

  it('and is not told takes none: later', async t => {
    const { mailer } = await meet(t, { tls: 'starttls', user })
    const delivery = await mailer.send(letter)
    assert.equal(delivery.outcome, 'later')
    assert.match(JSON.stringify(delivery), /530/)
  })

  it('gets no letter as from a stranger when it does not want to know after all: later', async t => {
    const { server, mailer } = await meet(t, { tls: 'starttls' }, { as: as(user) })
    const delivery = await mailer.send(letter)
    assert.equal(delivery.outcome, 'later')
    assert.match(JSON.stringify(delivery), /AUTH PLAIN/)
    assert.deepEqual(server.arrived, [])
  })
})

describe('hostile words', () => {
  // What would have to be written to add a header, a recipient, a letter or a command, and anything else.
  const barb = fc.constantFrom(
    ...[
      '\r\nBcc: thief@evil.com\r\n',
      '\nTo: thief@evil.com',
      '\r\n\r\n<script>',
      '\r\n.\r\nRCPT TO:<thief@evil.com>\r\n',
    ],
    ...[', thief@evil.com', '; thief@evil.com', '<thief@evil.com>', '> <thief@evil.com', '"', '\\', '(', ':', '\0'],
    ...[
      '=?utf-8?B?DQpCY2M6IHRoaWVmQGV2aWwuY29t?=',
      '%0d%0aBcc:',
      '\u2028',
      '\u0085',
      '\uFEFF',
      '@',
      'a:thief@evil.com;',
    ],
  )
  const hostile = fc
    .array(fc.oneof(barb, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
    .map(parts => parts.join(''))

  // An encoded word is made of letters that an address may have.
  const noPartOfAnAddress = barb.filter(words => !words.startsWith('=?'))
  const isHeaderOfOurs = (name: string) =>
    /^(from|to|subject|message-id|auto-submitted|date|mime-version|content-type|content-transfer-encoding)$/.test(name)

  it('in subject and text, 10,000 times, add no header and no recipient', async () => {
    const compose = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (subject, text) => {
        const options = messageOf({ ...letter, subject, text }, 'Магазин <shop@example.com>')
        const { envelope, message } = await compose.sendMail(options)
        assert.deepEqual(envelope, { from: 'shop@example.com', to: ['user@email.com'] })

        const head = (message as Buffer).toString('latin1').split('\r\n\r\n')[0] as string
        // Nothing but what ends a line ends one; a line that begins with a space goes on with the one before.
        assert.doesNotMatch(head, /\r(?!\n)|(?<!\r)\n|\0/)
        const names = head.split(/\r\n(?![ \t])/).map(line => line.slice(0, line.indexOf(':')).toLowerCase())
        assert.deepEqual(
          names.filter(name => !isHeaderOfOurs(name)),
          [],
        )
        assert.equal(new Set(names).size, names.length, `${names}`)
      }),
      { numRuns: 10_000 },
    )
  })

  it('in subject and text over a real line reach the one recipient', async t => {
    const { server, mailer } = await meet(t)
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (subject, text) => {
        server.arrived.length = 0
        assert.deepEqual(await mailer.send({ ...letter, subject, text }), { outcome: 'sent' })
        const { to, mail } = onlyOne(server)
        assert.deepEqual(to, ['user@email.com'])
        assert.deepEqual([mail.cc, mail.bcc], [undefined, undefined])
        assert.deepEqual(
          mail.headerLines.map(({ key }) => key).filter(name => !isHeaderOfOurs(name)),
          [],
        )
      }),
      { numRuns: 50 },
    )
  })

  it('in an address, 10,000 times, keep it from being written to; the server hears nothing', async t => {
    const server = await startScriptedServer({})
    t.after(() => server.close())
    const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'shop@example.com' }, systemClock)
    await fc.assert(
      fc.asyncProperty(noPartOfAnAddress, hostile, hostile, async (one, before, after) => {
        const delivery = await mailer.send({ ...letter, to: `user${before}${one}${after}@email.com` })
        assert.deepEqual(delivery, NO_ADDRESS)
      }),
      { numRuns: 10_000 },
    )
    assert.deepEqual(server.heard, [])
  })

  const unusual = [`o'brien+tag@email.com`, '!#$%&*/=?^_`{|}~-@email.com', 'a@b']
  for (const address of unusual)
    it(`are not seen in ${address}`, async t => {
      const { server, mailer } = await meet(t)
      assert.deepEqual(await mailer.send({ ...letter, to: address }), { outcome: 'sent' })
      assert.deepEqual(onlyOne(server).to, [address])
    })
})
