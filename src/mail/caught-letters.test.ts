/** Letters that are caught: they travel by SMTP, are kept as a reader would see them, and the oldest make room. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { catchLetters } from './caught-letters.ts'
import { startOwnMailServer } from './own-mail-server.ts'
import { createSmtpMailer } from './smtp.ts'

const NOON = Date.parse('2023-09-07T12:00:00Z')
const NEWEST = Number.MAX_SAFE_INTEGER

const letter = {
  messageId: '67890.lm9c0w00',
  to: 'user@email.com',
  subject: 'Заказ #54321 ожидает подтверждения',
  text: 'Ваш заказ #54321 ожидает подтверждения.',
}

const open = (t: TestContext, bounds: { mailsMost?: number; bytesMost?: number } = {}) => {
  const clock = createVirtualClock({ start: NOON })
  const { mailer, caught } = catchLetters(
    { from: 'Магазин <shop@example.com>', ...bounds },
    clock,
    createSeededRandom(1),
  )
  t.after(() => mailer.close())
  const send = async (...subjects: string[]) => {
    for (const subject of subjects) assert.deepEqual(await mailer.send({ ...letter, subject }), { outcome: 'sent' })
  }
  const header = (mailId: number, wanted: string) =>
    caught.find(mailId)?.headers.find(({ name }) => name === wanted)?.value
  const subjects = () => caught.newestFirst(NEWEST, 1000).map(({ mailId }) => header(mailId, 'Subject'))
  return { mailer, caught, send, header, subjects }
}

describe('letters that are caught', () => {
  it('are kept as their reader would see them', async t => {
    const { mailer, caught, header } = open(t)
    assert.deepEqual(caught.newestFirst(NEWEST, 10), [])
    assert.deepEqual(await mailer.send(letter), { outcome: 'sent' })

    const [mail, ...others] = caught.newestFirst(NEWEST, 10)
    assert.deepEqual(others, [])
    assert.deepEqual([mail?.mailId, mail?.at, mail?.text], [1, NOON, letter.text])
    assert.ok((mail?.bytes ?? 0) > letter.text.length)
    assert.deepEqual(
      ['From', 'To', 'Subject', 'Message-ID'].map(name => header(1, name)),
      ['Магазин <shop@example.com>', 'user@email.com', letter.subject, '<67890.lm9c0w00@example.com>'],
    )
  })

  it('are listed from the newest, some at a time', async t => {
    const { caught, send } = open(t)
    await send('one', 'two', 'three')
    const ids = (before: number, limit: number) => caught.newestFirst(before, limit).map(({ mailId }) => mailId)
    assert.deepEqual([ids(NEWEST, 2), ids(2, 2), ids(1, 2)], [[3, 2], [1], []])
  })

  it('make room when there are too many: the oldest goes', async t => {
    const { send, subjects, caught } = open(t, { mailsMost: 2 })
    await send('one', 'two', 'three')
    assert.deepEqual(subjects(), ['three', 'two'])
    assert.equal(caught.find(1), undefined)
  })

  it('make room when they are too large together, and one that was forgotten counts no more', async t => {
    const { mailer, send, subjects, caught } = open(t, { bytesMost: 30_000 })
    const large = (subject: string) => mailer.send({ ...letter, subject, text: 'tea '.repeat(2_500) })
    await large('large')
    await send('small')
    assert.deepEqual(subjects(), ['small', 'large'])
    await large('large too')
    await large('another')
    assert.deepEqual(subjects(), ['another', 'large too', 'small'])
    caught.forget(3)
    await large('one more')
    assert.deepEqual(subjects(), ['one more', 'another', 'small'])
  })

  it('many at once begin one server', async t => {
    const { subjects, send } = open(t)
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(subject => send(subject)))
    assert.deepEqual(subjects().sort(), ['a', 'b', 'c', 'd', 'e'])
  })

  it('come to an end: after it none is taken, and nothing keeps the process', async t => {
    const { mailer, send, caught } = open(t)
    await send('one')
    mailer.close()
    await new Promise(setImmediate)
    assert.equal((await mailer.send(letter)).outcome, 'later')
    assert.equal(caught.newestFirst(NEWEST, 10).length, 1)
  })
})

describe('the mail server of our own', () => {
  it('takes mail of who knows the password, and of nobody else', async t => {
    const taken: string[] = []
    const server = await startOwnMailServer('secret', raw => taken.push(raw.toString()))
    t.after(() => server.close())
    const as = (url: string) => createSmtpMailer({ url, from: 'shop@example.com' }, createVirtualClock({ start: NOON }))
    const stranger = new URL(server.url)
    stranger.password = 'guessed'
    const nobody = new URL(server.url)
    nobody.username = nobody.password = ''

    assert.match(JSON.stringify(await as(stranger.href).send(letter)), /"later".*535.* to AUTH PLAIN/)
    assert.match(JSON.stringify(await as(nobody.href).send(letter)), /"later".*530/)
    assert.deepEqual(taken, [])
    assert.deepEqual(await as(server.url).send(letter), { outcome: 'sent' })
    assert.equal(taken.length, 1)
  })
})
