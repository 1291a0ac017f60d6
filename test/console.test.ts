/** The console in a real browser: it shows what happens, asks nobody else, and can be used by everybody. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { type Browser, startBrowser, whyNoBrowser } from './chromium.ts'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const COME_MS = 30_000
const JOHN = { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' }
const PAGES = ['orders', 'customers', 'letters', 'actors', 'dead-letters', 'events', 'try']

/** What the proof of twenty orders of one product counts: found, and as it should be. */
const PROOF_OF_20: [string, string][] = [
  ['20', '20'],
  ['0', '0'],
  ['0', '0'],
  ['20', '20'],
  ['20', '20'],
  ['20', '20'],
  ['0.00', '0.00'],
]
const proofOf = async (page: Page): Promise<(string | null)[][]> => {
  const rows = await page.locator('#proof tbody tr').all()
  return Promise.all(rows.map(async row => (await row.locator('td').allTextContents()).slice(1)))
}

type Finding = { id: string; impact: string; nodes: { html: string }[] }

/** Findings of axe that keep somebody out, as one line each. */
const seriousFindings = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Finding[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()}: ${id} at ${nodes.map(({ html }) => html).join(' ')}`)
}

const post = async <T>(url: string, path: string, body: object, headers: Record<string, string> = {}): Promise<T> => {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers })
  assert.ok(response.ok, await response.clone().text())
  return (await response.json()) as T
}

describe('the console', { timeout: 600_000, skip: whyNoBrowser() }, () => {
  let kassa: KassaUnderTest
  let look: NatsLook
  let browser: Browser
  let userId: number
  /** Requests to elsewhere, and what the console of the browser called an error. */
  const outside: string[] = []
  const errors: string[] = []

  before(async () => {
    kassa = await startKassa()
    look = await lookAt(kassa)
    browser = await startBrowser()
    userId = (await post<{ user_id: number }>(kassa.url, '/user/create/', JOHN)).user_id
    await post(kassa.url, '/money/put/', { user_id: userId, amount: '1000000' })
  })
  after(async () => {
    await browser?.close()
    await look?.close()
    await kassa?.stop()
  })

  /** Notes what a page asks of others, and its errors; those of requests not where a part is taken down. */
  const watch = (page: Page, mayFail = false) => {
    page.setDefaultTimeout(COME_MS)
    page.on('request', request => {
      if (!request.url().startsWith(`${kassa.url}/`) && !/^(data|blob):/.test(request.url()))
        outside.push(request.url())
    })
    page.on('console', message => {
      if (message.type() === 'error' && !mayFail) errors.push(message.text())
    })
    page.on('pageerror', fault => errors.push(String(fault)))
  }
  const open = async (path: string, { mayFail = false } = {}): Promise<Page> => {
    const page = await browser.context.newPage()
    watch(page, mayFail)
    await page.goto(`${kassa.url}/console#/${path}`)
    await page.locator('#live.live').waitFor()
    return page
  }
  const order = async () => {
    const body = { user_id: userId, product_id: '12345', quantity: 1 }
    return (await post<{ order_id: string }>(kassa.url, '/orders/create/', body)).order_id
  }

  it('shows an order that was placed elsewhere, and how it is confirmed, without a reload', async () => {
    const page = await open('orders')
    await page.getByText('No orders yet').waitFor()
    const orderId = await order()
    await page.locator(`#order-${orderId} .state.confirmed`).waitFor()
    await page.close()
  })

  it('shows every step of an order across the actors, with the payload and the nats command', async () => {
    const orderId = await order()
    const { items } = (await (await fetch(`${kassa.url}/v1/orders/${orderId}/timeline`)).json()) as {
      items: { type: string; subject: string; stream: string; sequence: number }[]
    }
    const page = await open(`orders/${orderId}`)
    await page
      .locator('.step')
      .nth(items.length - 1)
      .waitFor()
    const steps = await page.locator('.step').all()
    assert.equal(steps.length, items.length)
    for (const [index, { type, subject, stream, sequence }] of items.entries()) {
      const step = steps[index] as (typeof steps)[number]
      assert.equal(await step.getAttribute('data-type'), type)
      const text = (await step.textContent()) ?? ''
      assert.ok(text.includes(subject) && text.includes(`"order_id": "${orderId}"`), text)
      assert.ok(text.includes(`nats --context kassa stream get ${stream} ${sequence}`), text)
    }
    await page.close()
  })

  it('redrives a dead letter by clicking, with another body', async () => {
    await look.publish('order.0.queue.CreateUser', JSON.stringify({ first_name: 'Ivan' }))
    const page = await open('dead-letters')
    const card = page.locator('#dead-letters .card')
    await card.waitFor()
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /Ivan/, 'hidden until asked for')
    await page.getByRole('button', { name: 'Show personal data' }).click()
    await card.getByText('Put it right').click()
    await card.locator('textarea').fill(JSON.stringify({ ...JOHN, first_name: 'Ivan' }))
    await card.getByRole('button', { name: 'Redrive with this body' }).click()
    await page.getByText('is carried out once more').waitFor()
    await page.getByText('There are none.').waitFor()
    await eventually('the user was made', COME_MS, async () => {
      const made = (await look.messages('ORDER_0')).filter(({ subject }) =>
        subject.startsWith('order.0.event.UserCreated.'),
      )
      return made.length === 2 || undefined
    })
    await page.close()
  })

  it('shows the letters of everybody, of one state, or of one customer, and their text when it is wanted', async () => {
    const other = (await post<{ user_id: number }>(kassa.url, '/user/create/', JOHN)).user_id
    const write = async (user_id: number, message: string) => {
      const note = { user_id: String(user_id), message, notification_type: 'tea', timestamp: '2023-09-07T14:30:00Z' }
      return (await post<{ message_id: string }>(kassa.url, '/notifications/send', note)).message_id
    }
    const ids = [await write(userId, 'The tea is cold'), await write(other, 'The tea is warm')]
    // What is searched for is asked for as a letter too, and there is none.
    const page = await open('letters', { mayFail: true })
    const shown = (id = '') => page.locator(id ? `#letter-${id}` : '#letters tbody tr')
    for (const id of ids) await shown(id).waitFor()
    assert.equal(await shown().first().getAttribute('id'), `letter-${ids[1]}`, 'the newest first')
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /The tea/)

    const late = await write(other, 'The tea is gone')
    await shown(late).waitFor()
    await page.getByLabel('Letter or customer').fill(String(other))
    await page.getByRole('button', { name: 'Search' }).click()
    await shown(ids[0]).waitFor({ state: 'detached' })
    assert.equal(await shown().count(), 2)
    await page.getByLabel('State').selectOption('Failed')
    await page.getByText('No letter fits.').waitFor()

    await page.getByRole('button', { name: 'Show personal data' }).click()
    await page.getByText('The tea is gone').waitFor()
    await page.close()
  })

  it('keeps personal data out of the page, and does not even ask for them, until they are wanted', async () => {
    const page = await open(`customers/${userId}`)
    const asked: string[] = []
    page.on('request', request => asked.push(new URL(request.url()).pathname))
    await page.locator('.big').waitFor()
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /Colinse|user@email\.com/)
    assert.ok(!asked.includes(`/v1/users/${userId}`))
    await page.getByRole('button', { name: 'Show personal data' }).click()
    await page.getByText('user@email.com').waitFor()
    await page.close()
  })

  it('saves a statement as CSV', async () => {
    const page = await open(`customers/${userId}`)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Statement as CSV' }).click(),
    ])
    assert.match(readFileSync(await download.path(), 'utf8'), /^operation_id,/)
    await page.close()
  })

  it('tries a user, money and an order, by the keyboard alone', async () => {
    const page = await open('try')
    await page.getByRole('button', { name: 'A user, money and an order' }).focus()
    await page.keyboard.press('Enter')
    const link = page.getByRole('status').getByRole('link')
    await link.waitFor()
    await link.focus()
    await page.keyboard.press('Enter')
    await page.locator('.state.confirmed').waitFor()
    await page.close()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious finding of axe and fits a phone, ${colorScheme}`, async () => {
      const orderId = await order()
      const page = await open('orders')
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 360, height: 740 })
      const found: string[] = []
      for (const path of [...PAGES, `orders/${orderId}`, `customers/${userId}`]) {
        await page.goto(`${kassa.url}/console#/${path}`)
        await page.locator('main').locator('table, .empty, .step, .card').first().waitFor()
        found.push(...(await seriousFindings(page)))
        const over = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
        if (over) found.push(`${page.url()} is wider than a phone`)
      }
      assert.deepEqual(found, [])
      await page.close()
    })

  /** Opens a page that is not the console. */
  const openDocument = async (path: string): Promise<Page> => {
    const page = await browser.context.newPage()
    watch(page)
    await page.goto(kassa.url + path)
    await page.locator('.operation').first().waitFor()
    return page
  }
  /** What axe finds in light and in dark. */
  const findingsOf = async (page: Page): Promise<string[]> => {
    const light = await seriousFindings(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    return [...light, ...(await seriousFindings(page))]
  }

  it('has a page of the HTTP API with every operation, where one can be tried', async () => {
    const orderId = await order()
    const page = await openDocument('/docs')
    const { paths } = (await (await fetch(`${kassa.url}/openapi.json`)).json()) as { paths: Record<string, object> }
    const named = Object.values(paths).flatMap(methods => Object.keys(methods)).length
    assert.equal(await page.locator('.operation').count(), named)

    await page.getByLabel('Find an operation').fill('GetOrder one order')
    assert.equal(await page.locator('.operation:visible').count(), 1)
    await page.locator('#GetOrder > summary').click()
    await page.getByLabel('order_id of GetOrder').fill(orderId)
    await page.locator('#GetOrder').getByRole('button', { name: 'Send' }).click()
    const answer = await page.locator('#GetOrder .answer').textContent()
    assert.equal(JSON.parse(answer ?? '').order_id, orderId)

    await page.getByLabel('Find an operation').fill('PutMoney')
    await page.locator('#PutMoney > summary').click()
    await page.locator('#PutMoney textarea').fill(JSON.stringify({ user_id: userId, amount: '1' }))
    await page.locator('#PutMoney').getByRole('button', { name: 'Send' }).click()
    assert.match((await page.locator('#PutMoney .answer').textContent()) ?? '', /"balance"/)
    assert.deepEqual(await findingsOf(page), [])
    await page.close()
  })

  it('has a page of the messages with every subject, its schema and the nats line', async () => {
    const page = await openDocument('/docs/messages')
    const { channels } = (await (await fetch(`${kassa.url}/asyncapi.json`)).json()) as { channels: object }
    const named = Object.keys(channels).filter(id => !id.endsWith('.reply')).length
    assert.equal(await page.locator('.operation').count(), named)

    await page.getByLabel('Find a message').fill('event.OrderConfirmed')
    const shown = page.locator('.operation:visible')
    assert.equal(await shown.count(), 1)
    await shown.locator('summary').click()
    await shown.getByText("nats --context kassa sub 'order.*.event.OrderConfirmed.>'").waitFor()
    assert.match((await shown.textContent()) ?? '', /order_id/)
    await page.getByLabel('Find a message').fill('')
    assert.deepEqual(await findingsOf(page), [])
    await page.close()
  })

  it('proves that nothing is lost or doubled while a stream is deleted and billing is killed', async () => {
    const page = await open('try', { mayFail: true })
    await page.getByLabel('Orders', { exact: true }).fill('20')
    await page.getByRole('button', { name: 'Place them, and prove it' }).click()
    const line = page.locator('.notice', { hasText: /\S/ })
    await line.waitFor()
    assert.match((await line.textContent()) ?? '', /^\d+ of 20 orders are taken/)
    await look.jetstream.streams.delete('ORDER_0')
    await kassa.kill9('billing')
    await page.getByText('0 of 20 orders lost, 0 doubled, 0 not settled.').waitFor({ timeout: 3 * COME_MS })
    assert.deepEqual(await proofOf(page), PROOF_OF_20)
    await page.close()
  })

  it('shows which process started again, and that it is open', async () => {
    const page = await open('actors', { mayFail: true })
    const restarts = page.locator('[data-process=billing] .restarts')
    await restarts.waitFor()
    const before = Number(await restarts.textContent())
    await kassa.kill9('billing')
    await eventually(
      'the restart is shown',
      COME_MS,
      async () => Number(await restarts.textContent()) === before + 1 || undefined,
    )
    await page.locator('[data-part="billing/0"] .state.open').waitFor()
    await page.close()
  })

  it('goes on after its connection was lost, with nothing missing', async () => {
    const page = await open('events', { mayFail: true })
    const entries = async () => {
      const all = await page
        .locator('#events > li')
        .evaluateAll(items => items.map(item => item.getAttribute('data-entry')))
      return all.flatMap(entry => (entry?.startsWith('ORDER_0 ') ? [Number(entry.split(' ')[1])] : [])).reverse()
    }
    await order()
    await eventually('the page tells of the order', COME_MS, async () => (await entries()).length >= 2 || undefined)
    await kassa.kill9('gateway')
    await order()
    const { head } = await look.ask<{ head: number }>('order.0.query.Health')
    const shown = await eventually('the page has caught up', COME_MS, async () => {
      const now = await entries()
      return (now.at(-1) ?? 0) >= head ? now : undefined
    })
    const first = shown[0] as number
    assert.deepEqual(
      shown,
      shown.map((_, index) => first + index),
      'every entry once',
    )
    await page.close()
  })

  it('asked nobody else, and met no error', () => {
    assert.deepEqual([outside, errors], [[], []])
  })
})

describe('the console of a demo', { timeout: 300_000, skip: whyNoBrowser() }, () => {
  let kassa: KassaUnderTest
  let browser: Browser
  let page: Page

  before(async () => {
    kassa = await startKassa({ env: { KASSA_DEMO: '1' } })
    browser = await startBrowser()
    page = await browser.context.newPage()
    page.setDefaultTimeout(3 * COME_MS)
    await page.goto(`${kassa.url}/console#/try`)
    await page.locator('#live.live').waitFor()
  })
  after(async () => {
    await browser?.close()
    await kassa?.stop()
  })

  it('kills billing, deletes a stream and slows the mail by a click, shows how all heal, and proves that nothing is lost', async () => {
    const killed = kassa.pidOf('billing')
    await page.getByRole('button', { name: 'Kill billing' }).click()
    await page.getByText(`billing was killed: pid ${killed}, by SIGKILL.`).waitFor()
    await page.getByRole('button', { name: 'Delete the stream of the orders' }).click()
    await page.getByText(/ORDER_0 was deleted, with its \d+ entries\./).waitFor()
    await page.getByRole('button', { name: 'Slow the mail' }).click()
    await page.getByText('The mail is slow for 10 s: each letter waits 2 s before it leaves.').waitFor()
    await page.getByText(/ORDER_0 is there again, with all \d+ entries\./).waitFor()
    await page.getByText(/billing\/0 is open again, after [\d.]+ s\./).waitFor()
    await page.getByText(/The mail is as quick as before; \d+ letters have left meanwhile\./).waitFor()
    await page.getByText('0 of 20 orders lost, 0 doubled, 0 not settled.').waitFor()
    assert.deepEqual(await proofOf(page), PROOF_OF_20)
    assert.notEqual(kassa.pidOf('billing'), killed)
    assert.deepEqual(await seriousFindings(page), [])
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false)
  })
})

describe('the console where keys are on', { timeout: 300_000, skip: whyNoBrowser() }, () => {
  let kassa: KassaUnderTest
  let browser: Browser
  let key: string

  before(async () => {
    const dataDir = newDataDir()
    const made = await runKassa(['keys', 'create', '--role', 'operator', '--name', 'olga'], { KASSA_DATA: dataDir })
    key = /kassa_\S+/.exec(made.stdout)?.[0] ?? ''
    assert.ok(key, made.stdout + made.stderr)
    kassa = await startKassa({ dataDir })
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await kassa?.stop()
  })

  it('asks for the key, keeps it in the tab alone, and forgets it at the end', async () => {
    const page = await browser.context.newPage()
    page.setDefaultTimeout(COME_MS)
    await page.goto(`${kassa.url}/console`)
    await page.getByLabel('Key').fill('kassa_wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('Nobody has this key').waitFor()
    assert.deepEqual(await seriousFindings(page), [])

    await page.getByLabel('Key').fill(key)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.locator('#live.live').waitFor()
    assert.deepEqual(await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]'), [1, 0, ''])

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Key').waitFor()
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
  })
})
