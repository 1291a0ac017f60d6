/** Dead letters at the terminal: what the command shows and does at a Kassa that runs, and what it ends with. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const COME_MS = 60_000
const ivan = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }

describe('dead letters at the terminal', { timeout: 300_000 }, () => {
  let kassa: KassaUnderTest
  let look: NatsLook

  before(async () => {
    kassa = await startKassa()
    look = await lookAt(kassa)
  })
  after(async () => {
    await look?.close()
    await kassa?.stop()
  })

  const run = (...words: string[]) => runKassa(['dead-letters', ...words], { KASSA_DATA: kassa.dataDir })

  /** Queues what can't be carried out; resolves with the id of its dead letter. */
  const newLetter = async (subject: string, text: string): Promise<string> => {
    const known = new Set((await listed()).map(({ dead_letter_id }) => dead_letter_id))
    await look.publish(subject, text)
    return eventually('the dead letter is there', COME_MS, async () => {
      const fresh = (await listed()).find(({ dead_letter_id }) => !known.has(dead_letter_id))
      return fresh?.dead_letter_id
    })
  }
  const listed = async (): Promise<{ dead_letter_id: string }[]> => {
    const response = await fetch(`${kassa.url}/v1/dead-letters`)
    return ((await response.json()) as { items: { dead_letter_id: string }[] }).items
  }
  // Sorted: of two actors' letters of one second nobody can tell which is older.
  const linesOf = ({ stdout }: { stdout: string }) => stdout.trim().split('\n').sort()
  /** The data of the entries of a type in the order actor's log. */
  const told = async (type: string) =>
    (await look.messages('ORDER_0'))
      .filter(({ subject }) => subject.startsWith(`order.0.event.${type}.`))
      .map(({ body }) => JSON.parse(body.toString('utf8')).data)

  it('are none at first', async () => {
    const { code, stdout } = await run('list')
    assert.deepEqual([code, stdout], [0, 'There are no dead letters\n'])
  })

  it('are listed, shown, and carried out with another body', async () => {
    const id = await newLetter('order.0.queue.CreateUser', '{"first_name":"Ivan"}')
    assert.match(
      (await run('list', '--status', 'waiting')).stdout,
      new RegExp(`^${id}  waiting  CreateUser  missing_field`),
    )
    const shown = JSON.parse((await run('show', id)).stdout)
    assert.deepEqual([shown.body, shown.attempts, shown.status], [{ first_name: 'Ivan' }, 1, 'waiting'])

    const misfit = await run('redrive', id, '--body', '{"first_name":1}')
    assert.deepEqual([misfit.code, misfit.stdout], [1, ''])
    const redriven = await run('redrive', id, '--body', JSON.stringify(ivan), '--by', 'olga')
    assert.deepEqual([redriven.code, redriven.stdout], [0, `${id} redriven\n`])
    await eventually('the user was created', COME_MS, async () => (await told('UserCreated')).length === 1 || undefined)
    const [entry] = await told('Redriven')
    assert.deepEqual([entry.dead_letter_id, entry.attempt, entry.by], [id, 2, 'olga'])

    const again = await run('redrive', id)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /redriven already/)
  })

  it('are told of and left alone by a dry run, and settled all at once', async () => {
    const ids = [await newLetter('billing.0.queue.Nothing', '{}'), await newLetter('order.0.queue.Nothing', '{}')]
    const dry = await run('discard', 'all', '--dry-run')
    assert.deepEqual(
      linesOf(dry).map(line => line.split('  ')[0]),
      ids.map(id => `Would discard ${id}`),
    )
    assert.match((await run('redrive', ids[0]!, '--dry-run')).stdout, /^Would redrive /)

    const done = await run('discard', 'all')
    assert.deepEqual([done.code, linesOf(done)], [0, ids.map(id => `${id} discarded`)])
    assert.equal((await run('list', '--status', 'waiting')).stdout, 'There are no dead letters that are waiting\n')
    // Who did it is known without being said.
    assert.notEqual((await told('Discarded'))[0].by, undefined)
  })

  it('that fail again are new ones, also of all', async () => {
    const id = await newLetter('order.0.queue.Nothing', '{}')
    assert.deepEqual((await run('redrive', 'all')).stdout, `${id} redriven\n`)
    await eventually('it has failed again', COME_MS, async () => {
      const { stdout } = await run('list', '--status', 'waiting')
      return /attempts: 2/.test(stdout) || undefined
    })
  })

  it('that there are not end with 1', async () => {
    for (const verb of ['show', 'redrive', 'discard']) {
      const { code, stderr } = await run(verb, 'order-0-1')
      assert.deepEqual([code, /no dead letter order-0-1/.test(stderr)], [1, true], verb)
    }
  })

  it('need an operator’s key once there are keys', async () => {
    const keyFile = join(newDataDir(), 'key')
    const made = await runKassa(['keys', 'create', '--role', 'operator'], { KASSA_DATA: kassa.dataDir })
    writeFileSync(keyFile, made.stdout)
    const refused = await eventually('the key counts', COME_MS, async () => {
      const ended = await run('list')
      return ended.code === 1 ? ended : undefined
    })
    assert.match(refused.stderr, /--key-file/)
    assert.equal((await run('list', '--key-file', keyFile)).code, 0)
    assert.equal((await run('list', '--key-file', `${keyFile}-lost`)).code, 2)
  })

  const wrong = [
    [],
    ['mend', 'order-0-1'],
    ['show'],
    ['show', 'all'],
    ['list', 'order-0-1'],
    ['list', '--status', 'lost'],
    ['redrive', 'order-0-1', 'order-0-2'],
    ['redrive', 'all', '--body', '{}'],
    ['redrive', 'order-0-1', '--body', '{'],
    ['redrive', 'order-0-1', '--body', '[]'],
    ['discard', 'order-0-1', '--loudly'],
  ]
  for (const words of wrong)
    it(`end with 2 at "${words.join(' ')}", with what can be said`, async () => {
      const { code, stdout, stderr } = await run(...words)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /Usage: npm start -- dead-letters/)
    })

  it('end with 69 where no Kassa runs', async () => {
    const { code, stderr } = await runKassa(['dead-letters', 'list'], { KASSA_DATA: newDataDir() })
    assert.equal(code, 69)
    assert.match(stderr, /No Kassa runs on the data in/)
  })
})
