/** A mail as its reader sees it: what our mailer has written is read back, as another program reads it too. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { readMail } from './read-mail.ts'
import { messageOf } from './smtp.ts'

const letter = {
  messageId: '67890.lm9c0w00',
  to: 'user@email.com',
  subject: 'Заказ #54321 ожидает подтверждения',
  text: 'Ваш заказ #54321 ожидает подтверждения.',
}
const compose = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })

/** The bytes of a letter, as they leave. */
const written = async (change: Partial<typeof letter> = {}): Promise<Buffer> => {
  const { message } = await compose.sendMail(messageOf({ ...letter, ...change }, 'Магазин у дома <shop@example.com>'))
  return message as Buffer
}
const header = ({ headers }: ReturnType<typeof readMail>, wanted: string) =>
  headers.find(({ name }) => name === wanted)?.value

describe('a mail that is read', () => {
  it('has its headers in their order, in words', async () => {
    const mail = readMail(await written())
    assert.deepEqual(mail.headers.map(({ name }) => name).slice(0, 5), [
      'Auto-Submitted',
      'From',
      'To',
      'Subject',
      'Message-ID',
    ])
    assert.equal(header(mail, 'From'), 'Магазин у дома <shop@example.com>')
    assert.equal(header(mail, 'To'), 'user@email.com')
    assert.equal(header(mail, 'Subject'), letter.subject)
    assert.equal(header(mail, 'Message-ID'), '<67890.lm9c0w00@example.com>')
  })

  const texts: [what: string, text: string, encoding: string][] = [
    ['plain words', 'Order 54321 is confirmed.\n\nThank you.', '7bit'],
    ['words of another script', 'Ваш заказ #54321 подтвержден.\n\nСпасибо.', 'base64'],
    ['a few letters of another script', 'Café au lait, and more of it in plain words.', 'quoted-printable'],
    ['a long line of plain words', 'tea and bread = '.repeat(100).trim(), 'quoted-printable'],
    ['characters beyond the first 65,536', 'чай 🍵 и 𝔎𝔞𝔰𝔰𝔞', 'base64'],
    ['dots and what looks like headers', '.\n..\nTo: other@email.com', '7bit'],
  ]
  for (const [what, text, encoding] of texts)
    it(`has ${what} as they were written, from ${encoding}`, async () => {
      const mail = readMail(await written({ text }))
      assert.deepEqual([header(mail, 'Content-Transfer-Encoding'), mail.text], [encoding, text])
    })

  it('has a long subject in one line', async () => {
    const subject = 'Очень длинная тема письма 🍵 '.repeat(20).trim()
    assert.equal(header(readMail(await written({ subject })), 'Subject'), subject)
  })

  it('is read as another program reads it, 1,000 times', async () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.constantFrom(' ', '\n', '\r\n', '=', '=?', '?=', '_', '=?utf-8?Q?a?=', 'чай', '.', '\t'),
      ),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(words, words, async (subject, text) => {
        const raw = await written({ subject: subject.join(''), text: text.join('') })
        const [ours, theirs] = [readMail(raw), await simpleParser(raw)]
        const spaced = (words = '') => words.replace(/\s+/g, ' ').trim()
        assert.equal(spaced(header(ours, 'Subject')), spaced(theirs.subject))
        assert.equal(ours.text, (theirs.text ?? '').replace(/\n+$/, ''))
      }),
      { numRuns: 1_000 },
    )
  })
})
