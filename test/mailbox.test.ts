/** `KASSA_MAIL=mailbox`: a Kassa without a mail provider, whose mails are read over the API and in the console. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Browser, startBrowser, whyNoBrowser } from './chromium.ts'
import { eventually } from './eventually.ts'
import { expecting, get, post, send } from './http-client.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

type Mail = { mail_id: string; message_id: string; from: string; to: string; subject: string; bytes: number }
type MailInFull = Mail & { headers: { name: string; value: string }[]; text: string }

const COME_MS = 10_000
const env = { KASSA_MAIL: 'mailbox', KASSA_MAIL_FROM: 'Магазин <shop@example.com>' }

/** A customer who has money, and orders. */
const customerOf = async (url: string, email: string) => {
  const person = { first_name: 'Иван', last_name: 'Иванов', email }
  const { user_id } = await expecting<{ user_id: number }>(201, post(url, '/user/create/', person))
  await expecting(202, post(url, '/money/put/', { user_id, amount: '1000' }))
  const body = { user_id, product_id: '12345', quantity: 5 }
  const order = () => expecting<{ order_id: string }>(201, post(url, '/orders/create/', body))
  return { user_id, order }
}
const mailsAt = async (url: string) => (await expecting<{ items: Mail[] }>(200, get(url, '/v1/mailbox'))).items
const untilMails = (url: string, count: number) =>
  eventually(`${count} mails are caught`, COME_MS, async () => {
    const mails = await mailsAt(url)
    return mails.length === count ? mails : undefined
  })

for (const processes of ['many', 'one'])
  describe(`the mailbox, KASSA_PROCESSES=${processes}`, () => {
    let kassa: KassaUnderTest

    before(async () => {
      kassa = await startKassa({ env: { ...env, KASSA_PROCESSES: processes } })
    })
    after(() => kassa?.stop())

    it('says at the start that letters reach nobody', async () => {
      await kassa.said(/KASSA_MAIL=mailbox: letters reach nobody/)
    })

    it('has the mails of an order as their reader would see them, and their letters are Sent', async () => {
      const { user_id, order } = await customerOf(kassa.url, 'ivan@example.com')
      const { order_id } = await order()
      const mails = await untilMails(kassa.url, 2)
      const confirmed = mails.find(({ subject }) => subject === `Заказ #${order_id} подтвержден`) as Mail
      assert.deepEqual([confirmed.from, confirmed.to], [env.KASSA_MAIL_FROM, 'ivan@example.com'])

      const mail = await expecting<MailInFull>(200, get(kassa.url, `/v1/mailbox/${confirmed.mail_id}`))
      assert.equal(mail.text, `Ваш заказ #${order_id} подтвержден и отправлен.`)
      const header = (wanted: string) => mail.headers.find(({ name }) => name === wanted)?.value
      assert.deepEqual([header('To'), header('Subject')], ['ivan@example.com', confirmed.subject])
      assert.match(header('Message-ID') ?? '', new RegExp(`^<${confirmed.message_id}\\.[0-9a-z]+@example\\.com>$`))

      const letters = await expecting<{ message_id: string; status: string }[]>(
        200,
        get(kassa.url, `/notifications/messages?user_id=${user_id}`),
      )
      assert.deepEqual(
        letters.map(({ message_id, status }) => [message_id, status]),
        mails.map(({ message_id }) => [message_id, 'Sent']).sort(),
      )
    })

    it('has no mail of a person any more who is erased', async () => {
      const { user_id, order } = await customerOf(kassa.url, 'petra@example.org')
      const before = (await mailsAt(kassa.url)).length
      await order()
      await untilMails(kassa.url, before + 2)
      await expecting(200, send(kassa.url, 'DELETE', `/v1/users/${user_id}`))
      const mails = await untilMails(kassa.url, before)
      assert.doesNotMatch(JSON.stringify(mails), /petra/)
    })

    it('is empty after a start, and letters stay Sent', async () => {
      await kassa.stop()
      kassa = await startKassa({ dataDir: kassa.dataDir, env: { ...env, KASSA_PROCESSES: processes } })
      assert.deepEqual(await mailsAt(kassa.url), [])
      const { status } = await get(kassa.url, '/v1/mailbox/1')
      assert.equal(status, 404)
      await (await customerOf(kassa.url, 'ivan@example.com')).order()
      assert.equal((await untilMails(kassa.url, 2)).length, 2)
    })
  })

describe('without the mailbox', () => {
  it('its addresses say so', async t => {
    const kassa = await startKassa()
    t.after(() => kassa.stop())
    for (const path of ['/v1/mailbox', '/v1/mailbox/1']) {
      const { code } = await expecting<{ code: string }>(404, get(kassa.url, path))
      assert.equal(code, 'mailbox_off')
    }
  })

  it('a start with a mail server as well is refused, with 78', async () => {
    const both = { KASSA_MAIL: 'mailbox', KASSA_SMTP_URL: 'smtp://127.0.0.1:2525', KASSA_DATA: newDataDir() }
    const { code, stderr } = await runKassa(['start'], both)
    assert.equal(code, 78)
    assert.match(stderr, /KASSA_MAIL and KASSA_SMTP_URL: got both/)
  })
})

describe('the mailbox in the console', { timeout: 300_000, skip: whyNoBrowser() }, () => {
  let kassa: KassaUnderTest
  let browser: Browser

  before(async () => {
    kassa = await startKassa({ env })
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await kassa?.stop()
  })

  it('is reached from the letters, shows a mail as soon as it is caught, and hides the person until asked', async () => {
    const page = await browser.context.newPage()
    page.setDefaultTimeout(3 * COME_MS)
    const errors: string[] = []
    page.on('pageerror', fault => errors.push(String(fault)))
    await page.goto(`${kassa.url}/console#/letters`)
    await page.getByRole('link', { name: 'Mailbox' }).click()
    await page.getByText('No mail yet.').waitFor()

    const { user_id } = await customerOf(kassa.url, 'ivan@example.com')
    const note = {
      user_id: String(user_id),
      message: 'Чай <b>остыл</b> <img src=x onerror=alert(1)>',
      notification_type: 'tea',
      timestamp: '2023-09-07T14:30:00Z',
    }
    await expecting(202, post(kassa.url, '/notifications/send', note))
    const row = page.locator('#mailbox tbody tr')
    await row.waitFor()
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /ivan@example/)

    await row.getByRole('link').first().click()
    await page.locator('.letter .text').waitFor()
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /ivan@example|Чай/)
    await page.getByRole('button', { name: 'Show personal data' }).click()
    await page.getByText('ivan@example.com').waitFor()
    const text = await page.locator('.letter .text').textContent()
    assert.equal(text, note.message)
    assert.equal(await page.locator('.letter img, .letter b').count(), 0, 'what is in it is text, and no markup')
    assert.match((await page.locator('.heads').textContent()) ?? '', /FromМагазин <shop@example\.com>/)
    assert.deepEqual(errors, [])
    await page.close()
  })
})
