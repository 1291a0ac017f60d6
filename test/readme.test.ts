/** The first screen of the README runs: each request that it shows gets the reply that it shows. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const shown = [...readme.matchAll(/^\$ curl -s '?http:\/\/127\.0\.0\.1:8080([^\s']+)'?(?: -d '(.*)')?\n(.*)$/gm)].map(
  ([, path = '', body, reply = '']) => ({ path, body, reply }),
)

/** Whenever one looks, it is another time. */
const withoutTimes = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'now')

describe('the README', () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa.stop())

  it('shows a user, money, an order, and a look at it from three sides', () => assert.equal(shown.length, 6))

  for (const { path, body, reply } of shown) {
    it(`${path} answers what is shown`, async () => {
      const response = await fetch(`${kassa.url}${path}`, body === undefined ? {} : { method: 'POST', body })
      assert.equal(withoutTimes(await response.text()), withoutTimes(reply))
    })
  }
})
