/** Letters by mail, through a whole Kassa: from a request to a mailbox, whatever dies on the way. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MailServer, startMailServer } from '../src/mail/test-mail-server.ts'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

type Row = Record<string, unknown>

/** A letter may have to wait for a restart. */
const ARRIVAL_MS = 10_000

const env = (port: number) => ({
  KASSA_SMTP_URL: `smtp://127.0.0.1:${port}`,
  KASSA_MAIL_FROM: 'Магазин <shop@example.com>',
})

/** What a client does here. */
const clientOf = (kassa: () => KassaUnderTest) => {
  const createUser = async (email: string, locale = 'ru'): Promise<number> => {
    const person = { first_name: 'Иван', last_name: 'Иванов', email, locale }
    const { user_id } = await expecting<{ user_id: number }>(201, post(kassa().url, '/user/create/', person))
    await expecting(202, post(kassa().url, '/money/put/', { user_id, amount: '1000' }))
    return user_id
  }
  const order = (user_id: number) =>
    expecting<{ order_id: string }>(
      201,
      post(kassa().url, '/orders/create/', { user_id, product_id: '12345', quantity: 5 }),
    )
  const statuses = async (user_id: number) =>
    (await expecting<Row[]>(200, get(kassa().url, `/notifications/messages?user_id=${user_id}`))).map(
      ({ status }) => status,
    )
  const untilSent = (user_id: number, count: number) =>
    eventually(`${count} letters are sent`, ARRIVAL_MS, async () => {
      const all = await statuses(user_id)
      return (all.length === count && all.every(status => status === 'Sent')) || undefined
    })
  return { createUser, order, statuses, untilSent }
}

describe('a letter by mail', () => {
  let kassa: KassaUnderTest
  let server: MailServer
  const { createUser, order, statuses, untilSent } = clientOf(() => kassa)

  before(async () => {
    server = await startMailServer({
      toRecipient: address => (address === 'nobody@example.com' ? { code: 550, text: 'no such user' } : undefined),
    })
    kassa = await startKassa({ env: env(server.port) })
  })
  after(async () => {
    await kassa?.stop()
    await server?.close()
  })

  it('lies in the mailbox after an order: one for each step', async () => {
    const user = await createUser('ivan@example.com')
    const { order_id } = await order(user)
    await untilSent(user, 2)
    assert.deepEqual(
      server.arrived.map(({ to, from, mail }) => [from, ...to, mail.subject, mail.text?.trim()]).sort(),
      [
        [
          'shop@example.com',
          'ivan@example.com',
          `Заказ #${order_id} ожидает подтверждения`,
          `Ваш заказ #${order_id} ожидает подтверждения.`,
        ],
        [
          'shop@example.com',
          'ivan@example.com',
          `Заказ #${order_id} подтвержден`,
          `Ваш заказ #${order_id} подтвержден и отправлен.`,
        ],
      ],
    )
  })

  it('is in the language of its reader', async () => {
    const user = await createUser('john@example.com', 'en')
    const { order_id } = await order(user)
    await untilSent(user, 2)
    const subjects = server.arrived.filter(({ to }) => to[0] === 'john@example.com').map(({ mail }) => mail.subject)
    assert.deepEqual(subjects.sort(), [
      `Order #${order_id} is confirmed`,
      `Order #${order_id} is waiting for confirmation`,
    ])
  })

  it('to an address that is no good has failed, and the next is withheld; the log says so and names nobody', async () => {
    const user = await createUser('nobody@example.com')
    const note = {
      user_id: String(user),
      message: 'Чай остыл.',
      notification_type: 'tea',
      timestamp: '2023-09-07T14:30:00Z',
    }
    const last = async () => (await statuses(user)).at(-1)
    await expecting(202, post(kassa.url, '/notifications/send', note))
    await eventually('it has failed', ARRIVAL_MS, async () => (await last()) === 'Failed' || undefined)
    await expecting(202, post(kassa.url, '/notifications/send', note))
    assert.deepEqual(await statuses(user), ['Failed', 'Suppressed'])

    await kassa.said(/the mail server refused a letter for good/)
    assert.ok(!kassa.lines.some(line => line.includes('nobody@example.com')), 'the log names nobody')
  })
})

describe('a mail server that can not be reached', () => {
  let kassa: KassaUnderTest
  const { createUser, order, statuses } = clientOf(() => kassa)

  it('keeps nobody from ordering: Kassa stays ready, the letters wait, the log says why', async t => {
    const gone = await startMailServer()
    await gone.close()
    kassa = await startKassa({ env: env(gone.port) })
    t.after(() => kassa.stop())
    const user = await createUser('petra@example.org')
    await order(user)
    const line = await kassa.said(/the mail server did not take a letter/)
    assert.match(line, /ECONNREFUSED/)
    assert.deepEqual(await statuses(user), ['Queued', 'Queued'])
    assert.equal((await get(kassa.url, '/readyz')).status, 200)
    assert.ok(!kassa.lines.some(line => line.includes('petra@example.org')), 'the log names nobody')
  })
})

describe('a letter at the mail server', { skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  /** A Kassa whose first letters come to a server that then does not answer; gives both. */
  const openWithHeldLetters = async () => {
    let held = Promise.withResolvers<void>()
    let isHolding = true
    const server = await startMailServer({
      afterData: () => {
        held.resolve()
        return isHolding ? 'silence' : undefined
      },
    })
    const kassa = await startKassa({ env: env(server.port) })
    return {
      server,
      kassa,
      held: () => held.promise,
      letGo: () => {
        isHolding = false
        held = Promise.withResolvers()
      },
    }
  }

  for (const [what, end] of [
    ['when its actor is killed', (kassa: KassaUnderTest) => kassa.kill9('notification').then(() => kassa)],
    [
      'when everything is killed',
      async (kassa: KassaUnderTest) => {
        process.kill(kassa.pid, 'SIGKILL')
        await kassa.exited
        return undefined
      },
    ],
  ] as const)
    it(`${what} goes out again, under the same Message-ID; none is lost`, async t => {
      const { server, kassa: first, held, letGo } = await openWithHeldLetters()
      t.after(() => server.close())
      t.after(() => first.stop())
      let kassa = first
      const { createUser, order, untilSent } = clientOf(() => kassa)
      const user = await createUser('ivan@example.com')
      await order(user)
      await held()
      letGo()
      kassa = (await end(first)) ?? (await startKassa({ dataDir: first.dataDir, env: env(server.port) }))
      t.after(() => kassa.stop())

      await untilSent(user, 2)
      assert.ok(server.arrived.length >= 3, 'the one that was held came twice')
      assert.equal(new Set(server.arrived.map(({ mail }) => mail.messageId)).size, 2)
      await kassa.stop()
      const { code, stdout } = await kassa.verify()
      assert.equal(code, 0, stdout)
    })

  it('when Kassa is asked to stop is waited for, and goes out once', async t => {
    const server = await startMailServer({ afterData: () => 'slow' })
    t.after(() => server.close())
    const first = await startKassa({ env: env(server.port) })
    t.after(() => first.stop())
    let kassa = first
    const { createUser, order, untilSent } = clientOf(() => kassa)
    const user = await createUser('ivan@example.com')
    await order(user)
    await server.has(2)
    await first.stop()
    kassa = await startKassa({ dataDir: first.dataDir, env: env(server.port) })
    t.after(() => kassa.stop())
    await untilSent(user, 2)
    assert.equal(server.arrived.length, 2)
  })
})
