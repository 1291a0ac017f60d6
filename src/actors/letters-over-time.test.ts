/** Letters by mail over hours and days: tried again, given up, sent at their time; also over a stop and a kill -9. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSmtpMailer } from '../mail/smtp.ts'
import { type Script, startScriptedServer } from '../mail/test-scripted-server.ts'
import type { Delivery, Letter } from './notification/mailer.ts'
import { createMailBench, type HandedLetter } from './test-mail-bench.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Moments in events have whole seconds. */
const ROUNDING_MS = 1000

const sent: Delivery = { outcome: 'sent' }
const greylisted: Delivery = { outcome: 'later', error: '450 to RCPT TO' }
const noSuchUser: Delivery = { outcome: 'never', error: '550 5.1.1 to RCPT TO', bounced: true }

/** A bench whose mail server answers as told. */
const benchWith = (answer: (letter: Letter, attempt: number) => Delivery | Promise<Delivery>) => {
  let attempts = 0
  return createMailBench(() => ({ send: async letter => answer(letter, ++attempts), close: () => {} }))
}

const pausesOf = (handed: HandedLetter[]): number[] =>
  handed.slice(1).map(({ at }, index) => at - (handed[index] as HandedLetter).at)
const messageIdsOf = (handed: HandedLetter[]): number => new Set(handed.map(({ messageId }) => messageId)).size

describe('a letter that is greylisted', () => {
  it('comes again after a minute or a little more, under the same Message-ID', async () => {
    const { clock, handed, write, letter } = benchWith((_, attempt) => (attempt === 1 ? greylisted : sent))
    const id = await write()
    const { status, attempts, last_error } = letter(id)
    assert.deepEqual([status, attempts, last_error], ['Queued', 1, '450 to RCPT TO'])

    await clock.advance(2 * MINUTE_MS)
    assert.equal(letter(id).status, 'Sent')
    assert.equal(messageIdsOf(handed), 1)
    const [pause = 0] = pausesOf(handed)
    assert.ok(pause >= MINUTE_MS && pause <= 1.25 * MINUTE_MS + ROUNDING_MS, `${pause} ms`)
  })

  it('together with others does not come back together with them', async () => {
    const { clock, handed, write } = benchWith((_, attempt) => (attempt <= 20 ? greylisted : sent))
    for (let letters = 0; letters < 20; letters++) await write()
    await clock.advance(2 * MINUTE_MS)
    const again = handed.slice(20).map(({ at }) => at)
    assert.equal(again.length, 20)
    assert.ok(new Set(again).size >= 8, `${again}`)
  })
})

describe('a letter that is never taken', () => {
  it('is tried ever less often, from every minute to every four hours, for a day; then it has failed', async () => {
    const { clock, handed, write, letter } = benchWith(() => greylisted)
    const id = await write()
    await clock.advance(DAY_MS + HOUR_MS)

    const { status, last_error } = letter(id)
    assert.deepEqual([status, last_error], ['Failed', 'given up after a day: 450 to RCPT TO'])
    const pauses = pausesOf(handed)
    for (const [index, pause] of pauses.slice(0, -1).entries()) {
      const least = Math.min(MINUTE_MS * 2 ** index, 3.2 * HOUR_MS)
      assert.ok(pause >= least && pause <= least * 1.25 + ROUNDING_MS, `pause ${index + 1} is ${pause} ms`)
    }
    assert.ok(Math.max(...pauses) <= 4 * HOUR_MS + ROUNDING_MS)
    const lasted = (handed.at(-1)?.at ?? 0) - (handed[0]?.at ?? 0)
    assert.ok(Math.abs(lasted - DAY_MS) <= ROUNDING_MS, `tried for ${lasted} ms`)
    assert.equal(messageIdsOf(handed), 1)
  })

  it('is not tried afterwards, and the next letter is not withheld', async () => {
    const { clock, handed, write, letter } = benchWith(() => greylisted)
    await write()
    await clock.advance(2 * DAY_MS)
    const count = handed.length
    await clock.advance(2 * DAY_MS)
    assert.equal(handed.length, count)
    assert.equal(letter(await write()).status, 'Queued')
    assert.equal(handed.length, count + 1)
  })

  it('since nothing ran for days is tried some times at least', async () => {
    const { clock, handed, write, letter, kill, start } = benchWith((_, attempt) => (attempt <= 3 ? greylisted : sent))
    const id = await write({ inMs: HOUR_MS })
    kill()
    await clock.advance(3 * DAY_MS)
    start()
    await clock.advance(HOUR_MS)
    assert.deepEqual([letter(id).status, handed.length], ['Sent', 4])
  })
})

describe('a letter for later', () => {
  it('goes out at its time, not before', async () => {
    const { clock, handed, write, letter } = benchWith(() => sent)
    const id = await write({ inMs: HOUR_MS })
    await clock.advance(HOUR_MS - 1)
    assert.deepEqual([letter(id).status, handed.length], ['Queued', 0])
    await clock.advance(1)
    assert.deepEqual([letter(id).status, handed.length], ['Sent', 1])
  })

  it('goes out at its time when that is more than a month away, longer than a timer can be', async () => {
    const { clock, handed, write } = benchWith(() => sent)
    await write({ inMs: 40 * DAY_MS })
    await clock.advance(40 * DAY_MS - 1)
    assert.equal(handed.length, 0)
    await clock.advance(1)
    assert.equal(handed.length, 1)
  })

  for (const [what, awayMs] of [
    ['that is over before its time', MINUTE_MS],
    ['that lasts beyond its time', 3 * HOUR_MS],
  ] as const)
    it(`goes out once, over a stop ${what}`, async () => {
      const { clock, handed, write, letter, kill, start } = benchWith(() => sent)
      const id = await write({ inMs: HOUR_MS })
      kill()
      await clock.advance(awayMs)
      start()
      await clock.advance(HOUR_MS)
      assert.deepEqual([letter(id).status, handed.length], ['Sent', 1])
    })

  it('has its day from the time that it was meant for', async () => {
    const { clock, handed, write, letter } = benchWith(() => greylisted)
    const id = await write({ inMs: 3 * DAY_MS })
    await clock.advance(3 * DAY_MS + 23 * HOUR_MS)
    assert.equal(letter(id).status, 'Queued')
    assert.ok(handed.length > 5)
    await clock.advance(2 * HOUR_MS)
    assert.equal(letter(id).status, 'Failed')
  })

  it('is withheld when the address has bounced meanwhile', async () => {
    const { clock, handed, write, letter } = benchWith(() => noSuchUser)
    const planned = await write({ inMs: HOUR_MS })
    await write()
    await clock.advance(2 * HOUR_MS)
    assert.deepEqual([letter(planned).status, handed.length], ['Suppressed', 1])
  })

  it('whose key was lost has failed; it is not said to be sent', async () => {
    const { clock, disk, handed, write, letter, kill, start } = benchWith(() => sent)
    const id = await write({ inMs: HOUR_MS })
    disk.keys.exec('DELETE FROM keys')
    kill()
    start()
    await clock.advance(2 * HOUR_MS)
    const { status, last_error, message } = letter(id)
    assert.deepEqual([status, last_error, message], ['Failed', 'it can not be read any more', ''])
    assert.deepEqual(handed, [])
  })
})

describe('kill -9 of the actor', () => {
  it('with a letter on its way: it goes out again, under the same Message-ID', async () => {
    const { clock, handed, write, letter, kill, start } = benchWith((_, attempt) =>
      attempt === 1 ? new Promise(() => {}) : sent,
    )
    const id = await write()
    kill()
    start()
    await clock.advance(0)
    assert.deepEqual([letter(id).status, handed.length, messageIdsOf(handed)], ['Sent', 2, 1])
  })

  it('a thousand times, at any moment: every letter goes out, none under a second Message-ID', async () => {
    const bench = benchWith(
      (_, attempt) =>
        new Promise(resolve =>
          bench.clock.after((attempt % 7) * 100, () => resolve(attempt % 3 === 0 ? greylisted : sent)),
        ),
    )
    const { clock, handed, write, letters, kill, start, hear } = bench
    for (let round = 0; round < 1000; round++) {
      if (round % 5 === 0) await write()
      if (round % 50 === 0) hear('OrderCreated', { order_id: String(round), user_id: 7, locale: 'ru' })
      await clock.advance((round * 37) % 500)
      kill()
      start()
    }
    await clock.advance(HOUR_MS)
    const all = letters()
    assert.equal(all.length, 220)
    assert.deepEqual([...new Set(all.map(({ status }) => status))], ['Sent'])
    assert.equal(messageIdsOf(handed), 220)
  })
})

describe('a mail server that is silent for an hour', () => {
  it('gets every letter when it speaks again', async t => {
    const script: Script = { connect: 'silence' }
    const server = await startScriptedServer(script)
    t.after(() => server.close())
    const { clock, handed, write, letters } = createMailBench(clock =>
      createSmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'shop@example.com' }, clock),
    )
    const connections = () => server.heard.filter(step => step === 'connect').length
    const sentLetters = () => letters().filter(({ status }) => status === 'Sent').length
    /** Lets time pass until `isOver`. The line is real and takes its own time: nothing passes until `isThrough`. */
    const pass = async (isOver: () => boolean, isThrough: () => boolean) => {
      while (!isOver()) {
        while (!isThrough()) await new Promise(resolve => setImmediate(resolve))
        await clock.advance(1000)
      }
    }

    await write()
    await write()
    const began = clock.now()
    await pass(
      () => clock.now() - began >= HOUR_MS,
      () => connections() === handed.length,
    )
    assert.deepEqual(
      letters().map(({ status, last_error }) => `${status} ${last_error}`),
      ['Queued no end within 60 s', 'Queued no end within 60 s'],
    )
    assert.ok(handed.length >= 8, `${handed.length} attempts`)

    delete script.connect
    const inVain = handed.length
    await pass(
      () => sentLetters() === 2,
      () => sentLetters() === handed.length - inVain,
    )
    assert.equal(server.heard.filter(step => step === '.').length, 2)
    assert.ok(clock.now() - began < 2 * HOUR_MS)
  })
})
