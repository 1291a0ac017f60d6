/** The list of all letters, in a shop on a broker in memory: the newest first, some of them, page by page. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestMailer, openShop } from './test-shop.ts'

type Row = { message_id: string; user_id: number; status: string; message: string; subject: string; attempts: number }

/** Two users with four letters each, the third of each to an address that the mail server does not know. */
const openWithLetters = async () => {
  const refuses = (text: string) => text === 'letter 3'
  const mailer = createTestMailer(({ text }) =>
    refuses(text) ? { outcome: 'never', error: '554 to RCPT TO', bounced: false } : { outcome: 'sent' },
  )
  const shop = await openShop({ mailer })
  const users = [await shop.createUser('1000'), await shop.createUser('1000')]
  for (const number of [1, 2, 3, 4])
    for (const user_id of users) {
      const timestamp = '2023-09-07T14:30:00Z'
      const later = number === 4 ? { send_at: '2099-01-01T00:00:00Z' } : {}
      const note = { user_id, message: `letter ${number}`, notification_type: 'note', timestamp, ...later }
      await shop.command('SendLetter', note)
      await shop.settle()
    }

  const list = async (filter: object = {}) => {
    const { items, next_cursor } = (await shop.query('ListAllLetters', filter)).body as {
      items: Row[]
      next_cursor: string | null
    }
    const letters = items.map(({ user_id, message }) => `${users.indexOf(String(user_id))} ${message}`)
    return { items, letters, next_cursor }
  }
  return { shop, users, list }
}

describe('the list of all letters', () => {
  it('begins with the newest, whoever they are to', async () => {
    const { list } = await openWithLetters()
    const { letters, next_cursor } = await list()
    assert.deepEqual(letters, [
      '1 letter 4',
      '0 letter 4',
      '1 letter 3',
      '0 letter 3',
      '1 letter 2',
      '0 letter 2',
      '1 letter 1',
      '0 letter 1',
    ])
    assert.equal(next_cursor, null)
  })

  it('shows each as it is shown alone', async () => {
    const { shop, list } = await openWithLetters()
    for (const letter of (await list()).items) {
      const { body } = await shop.query('GetLetter', { message_id: letter.message_id })
      assert.deepEqual(letter, body)
    }
  })

  const filters: [what: string, filter: (users: string[]) => object, letters: string[]][] = [
    ['of a status', () => ({ status: 'Failed' }), ['1 letter 3', '0 letter 3']],
    ['that wait', () => ({ status: 'Queued' }), ['1 letter 4', '0 letter 4']],
    ['of a user', ([user]) => ({ user_id: user }), ['0 letter 4', '0 letter 3', '0 letter 2', '0 letter 1']],
    ['of a user and a status', ([user]) => ({ user_id: user, status: 'Sent' }), ['0 letter 2', '0 letter 1']],
    ['of a user who is not there: none', () => ({ user_id: 'nobody' }), []],
    ['of a status that no letter has: none', () => ({ status: 'Suppressed' }), []],
  ]
  for (const [what, filter, letters] of filters)
    it(`may be of those ${what}, page by page too`, async () => {
      const { users, list } = await openWithLetters()
      assert.deepEqual((await list(filter(users))).letters, letters)

      const paged: string[] = []
      let cursor: string | null | undefined
      do {
        const page = await list({ ...filter(users), limit: 1, ...(cursor ? { cursor } : {}) })
        assert.ok(page.letters.length <= 1)
        paged.push(...page.letters)
        cursor = page.next_cursor
      } while (cursor !== null)
      assert.deepEqual(paged, letters)
    })

  it('has no word of a person who was erased', async () => {
    const { shop, users, list } = await openWithLetters()
    await shop.command('EraseUser', { user_id: users[0] })
    await shop.settle()
    const theirs = (await list({ user_id: users[0] })).items
    assert.deepEqual(
      theirs.map(({ status, message, subject }) => [status, message, subject]),
      [
        ['Failed', '', ''],
        ['Failed', '', ''],
        ['Sent', '', ''],
        ['Sent', '', ''],
      ],
    )
  })

  it('says no to a cursor that is none', async () => {
    const { shop } = await openWithLetters()
    assert.equal((await shop.query('ListAllLetters', { cursor: 'x' })).code, 'invalid_field')
  })
})
