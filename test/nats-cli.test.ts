/** What a person with the stock NATS CLI and nothing else can see and do. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { OPERATOR } from '../src/actors/broker-users.ts'
import { keyFileOf } from '../src/bus/broker-keys.ts'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lackingNatsCli, natsCli } from './nats-cli.ts'

const COME_MS = 60_000
const ivan = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }

describe('the NATS CLI', { timeout: 300_000, skip: lackingNatsCli }, () => {
  let kassa: KassaUnderTest
  let user: string
  const home = newDataDir()

  before(async () => {
    kassa = await startKassa()
    user = String((await sent('/user/create/', ivan)).user_id)
    await sent('/money/put/', { user_id: user, amount: 1000 })
  })
  after(() => kassa?.stop())

  const sent = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${kassa.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    assert.ok(response.ok, `${path}: ${response.status}`)
    return (await response.json()) as Record<string, unknown>
  }

  // A context that somebody has chosen on this machine is not for this Kassa.
  const surroundings = () => {
    const key = keyFileOf(kassa.dataDir, OPERATOR)
    return { ...process.env, XDG_CONFIG_HOME: home, NATS_URL: kassa.natsUrl, NATS_NKEY: key, NO_COLOR: '1' }
  }

  const run = async (words: string[], env: NodeJS.ProcessEnv) => {
    const child = spawn(natsCli!, words, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: COME_MS })
    const closed = new Promise(resolve => child.once('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await closed, stdout, stderr }
  }
  const nats = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(words, surroundings())
    assert.equal(code, 0, `nats ${words.join(' ')}: ${stderr}`)
    return stdout
  }
  /** The bare JSON of an answer. */
  const asked = async (subject: string, body: unknown, ...more: string[]) =>
    JSON.parse(await nats('req', '--raw', '--timeout', '30s', subject, JSON.stringify(body), ...more))

  it('watches an order go by', async () => {
    const child = spawn(natsCli!, ['sub', `*.*.event.*.${user}`], {
      env: surroundings(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let seen = ''
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', line => {
        seen += `${line}\n`
      })
    try {
      await eventually('it listens', COME_MS, async () => {
        // What was sent before it listened is not heard: sent until something is.
        await sent('/money/put/', { user_id: user, amount: 1 })
        return seen.includes('MoneyPut') || undefined
      })
      await asked('order.0.command.CreateOrder', { user_id: user, product_id: '12345', quantity: 1 })
      await eventually('the purchase went by', COME_MS, async () => {
        const types = ['OrderCreated', 'MoneyWithdrawn', 'OrderConfirmed', 'LetterSent']
        return types.every(type => seen.includes(`.event.${type}.${user}"`)) || undefined
      })
    } finally {
      child.kill()
    }
  })

  it('asks for a balance', async () => {
    const { user_id, balance } = await asked('billing.0.query.GetBalance', { user_id: user })
    assert.deepEqual([String(user_id), typeof balance], [user, 'number'])
  })

  it('orders once under a key', async () => {
    const order = { user_id: user, product_id: '12345', quantity: 1 }
    const first = await asked('order.0.command.CreateOrder', order, '-H', 'Idempotency-Key:by-hand')
    assert.equal(first.quantity, 1)
    assert.deepEqual(await asked('order.0.command.CreateOrder', order, '-H', 'Idempotency-Key:by-hand'), first)
  })

  it('is told a no with its problem document', async () => {
    const said = await asked('order.0.query.GetOrder', { order_id: 'none' })
    assert.deepEqual([said.code, said.status], ['order_not_found', 404])
  })

  it('queues a command with JetStream', async () => {
    const person = { ...ivan, user_id: 'queued-by-hand' }
    await nats('pub', '--jetstream', 'order.0.queue.RegisterUser', JSON.stringify(person), '-H', 'Nats-Msg-Id:q1')
    await eventually('the user is there', COME_MS, async () => {
      const said = await asked('order.0.query.GetUser', { user_id: person.user_id })
      return said.first_name === 'Ivan' || undefined
    })
  })

  it('lists the services, and finds out who lags', async () => {
    const services = await nats('micro', 'ls')
    const consumers = await nats('consumer', 'ls', 'COMMANDS')
    for (const actor of ['order', 'billing', 'notification', 'webhook']) {
      assert.ok(services.includes(actor), actor)
      assert.ok(consumers.includes(`${actor}-0`), actor)
    }
    assert.match(await nats('consumer', 'report', 'COMMANDS'), /Unprocessed/)
    assert.equal((await asked('order.0.query.Health', {})).phase, 'open')
  })

  it('reads a dead letter and redrives it with another body', async () => {
    await nats('pub', '--jetstream', 'order.0.queue.CreateUser', '{"first_name":"Ivan"}')
    const letter = await eventually('the dead letter is there', COME_MS, async () => {
      const { items } = await asked('order.0.query.ListDeadLetters', { status: 'waiting' })
      return items[0]
    })
    assert.deepEqual([letter.reason, letter.body], ['missing_field', { first_name: 'Ivan' }])
    const wish = { dead_letter_id: letter.dead_letter_id, body: ivan, by: 'olga' }
    assert.equal((await asked('order.0.command.RedriveDeadLetter', wish)).status, 'redriven')
  })

  describe('by the contexts that nats-context writes', () => {
    const balance = ['req', '--raw', '--timeout', '30s', 'billing.0.query.GetBalance'] as const
    const question = () => JSON.stringify({ user_id: user })
    const inContext = (context: string, ...words: string[]) =>
      run(['--context', context, ...words], { ...process.env, XDG_CONFIG_HOME: home, NO_COLOR: '1' })
    const balanceIn = async (context: string): Promise<number> => {
      const { code, stdout, stderr } = await inContext(context, ...balance, question())
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout).balance
    }

    before(async () => {
      for (const words of [[], ['reader']]) {
        const env = { KASSA_DATA: kassa.dataDir, XDG_CONFIG_HOME: home }
        const { code, stderr } = await runKassa(['nats-context', ...words, '--yes'], env)
        assert.equal(code, 0, stderr)
      }
    })

    it('lets the operator pay in', async () => {
      const before = await balanceIn('kassa')
      const wish = JSON.stringify({ user_id: user, amount: 5 })
      const { code, stderr } = await inContext('kassa', 'req', '--timeout', '30s', 'billing.0.command.PutMoney', wish)
      assert.equal(code, 0, stderr)
      assert.equal(await balanceIn('kassa'), before + 5)
    })

    it('lets the reader ask and look, and refuses him whatever changes something', async () => {
      const before = await balanceIn('kassa-reader')
      assert.equal((await inContext('kassa-reader', 'stream', 'info', 'ORDER_0', '--json')).code, 0)
      const wish = JSON.stringify({ user_id: user, amount: 5 })
      const refused: string[][] = [
        ['pub', 'billing.0.command.PutMoney', wish],
        ['pub', 'billing.0.queue.PutMoney', wish],
        ['pub', `billing.0.event.MoneyPut.${user}`, '{}'],
        ['sub', '_INBOX_gateway.>'],
        ['sub', 'billing.0.command.>'],
      ]
      for (const words of refused) {
        const { stdout, stderr } = await inContext('kassa-reader', '--timeout', '2s', ...words)
        assert.match(stdout + stderr, /permissions violation/i, words.join(' '))
      }
      assert.equal(await balanceIn('kassa-reader'), before)
    })
  })

  it('takes the lines of the cheat sheet as they are printed', async () => {
    const { code, stdout } = await runKassa(['cheatsheet'], { KASSA_DATA: kassa.dataDir })
    assert.equal(code, 0)
    const lines = stdout.split('\n').filter(line => / (req|pub|report) /.test(line) && line.startsWith('nats '))
    assert.ok(lines.length >= 9, stdout)
    for (const line of lines) {
      const words = line.match(/'[^']*'|\S+/g)!.map(word => word.replaceAll("'", ''))
      await nats(...words.slice(1))
    }
  })
})
