/** What the doctor makes of what it sees. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { examineActors, type Seen } from './examine-actors.ts'
import { examineDisk, examinePorts } from './examine-machine.ts'
import { examineClock } from './examine-stores.ts'

const MB = 1024 ** 2

const seen = (actor: string, health: Partial<NonNullable<Seen['health']>>, more: Partial<Seen> = {}): Seen => ({
  actor,
  health: {
    phase: 'open',
    waits_for: null,
    head: 10,
    stream: 10,
    cursors: {},
    mailbox: 0,
    pid: 1,
    version: '1.0.0',
    warning: null,
    ...health,
  },
  deadLetters: 0,
  lastAt: undefined,
  ...more,
})

const silent: Seen = { actor: 'billing/0', health: undefined, deadLetters: 0, lastAt: undefined }

suite('the doctor, of the disk', () => {
  const rows: [number, string][] = [
    [100 * MB, 'wrong'],
    [256 * MB, 'look'],
    [1023 * MB, 'look'],
    [1024 * MB, 'well'],
  ]
  for (const [room, state] of rows)
    test(`with ${room / MB} MB it is ${state}`, () => {
      const [disk] = examineDisk('data', () => room)
      assert.deepEqual([disk?.about, disk?.state, disk?.mend === undefined], ['disk', state, state === 'well'])
    })

  test('a directory that is not there yet lies on the disk of the nearest one that is', () => {
    const asked: string[] = []
    examineDisk(join(tmpdir(), 'kassa-not-there', 'data'), directory => asked.push(directory))
    assert.deepEqual(asked, [tmpdir()])
  })
})

suite('the doctor, of the ports', () => {
  test('one that was asked for and is taken is wrong; a usual one gives way', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const config = { host: '127.0.0.1', port, natsPort: port, natsPortAsked: false, natsUrl: undefined }
    const states = (await examinePorts({ ...config, portAsked: true })).map(({ state, mend }) => [state, mend])
    server.close()
    assert.deepEqual(states, [
      ['wrong', 'end that process, or give another KASSA_PORT'],
      ['look', 'give another KASSA_NATS_PORT to have the same one each time'],
    ])
  })

  test('of the broker none is needed where there is one already', async () => {
    const config = { host: '127.0.0.1', port: 0, portAsked: true, natsPort: 1, natsPortAsked: true }
    const findings = await examinePorts({ ...config, natsUrl: 'nats://127.0.0.1:4222' })
    assert.deepEqual(
      findings.map(({ about, state }) => [about, state]),
      [['HTTP port', 'well']],
    )
  })
})

suite('the doctor, of the clock', () => {
  const now = Date.parse('2023-09-07T14:30:00Z')

  test('it is well where the logs are of before, or of this moment', () => {
    assert.equal(examineClock([], now).state, 'well')
    assert.equal(examineClock([now - 86_400_000, now + 1_000], now).state, 'well')
  })

  test('it was set back where a log is ahead of it', () => {
    const finding = examineClock([now - 1, now + 90_000], now)
    assert.equal(finding.state, 'wrong')
    assert.match(finding.says, /90 s ahead/)
  })
})

suite('the doctor, of the actors', () => {
  const states = (...all: Seen[]) => examineActors(all).map(({ about, state }) => `${about}: ${state}`)

  test('those that are open and up to date are well', () => {
    const all = [seen('order/0', { cursors: { 'billing/0': 10 } }), seen('billing/0', { cursors: { 'order/0': 9 } })]
    assert.deepEqual(states(...all), ['order/0: well', 'billing/0: well'])
  })

  test('one that is silent, refused, waiting or without its keys is wrong, with what mends it', () => {
    const findings = examineActors([
      silent,
      seen('order/0', { phase: 'refused', waits_for: 'has seen entry 120' }),
      seen('notification/0', { phase: 'asking witnesses', waits_for: 'billing/0' }),
      seen('webhook/0', { warning: 'keys are lost' }),
    ])
    assert.deepEqual(
      findings.map(({ state }) => state),
      ['wrong', 'wrong', 'wrong', 'wrong'],
    )
    assert.match(findings[1]?.mend ?? '', /npm start -- adopt/)
    assert.match(findings[2]?.mend ?? '', /wait for billing\/0/)
    assert.match(findings[3]?.mend ?? '', /\.keys\.db/)
  })

  test('lag is worth a look: of its stream, and of each log that it reads', () => {
    const order = seen('order/0', { head: 5_000, stream: 10 })
    const billing = seen('billing/0', { cursors: { 'order/0': 3_000, 'nobody/0': 1 } })
    assert.deepEqual(states(order, billing), [
      'order/0: well',
      'lag of order/0: look',
      'billing/0: well',
      'lag of billing/0: look',
    ])
    assert.match(examineActors([order, billing])[3]?.says ?? '', /2000 entries of order\/0/)
  })

  test('dead letters wait for a person', () => {
    const [, finding] = examineActors([seen('billing/0', {}, { deadLetters: 3 })])
    assert.deepEqual(
      [finding?.state, finding?.says, finding?.mend],
      ['wrong', '3 wait for a person', 'npm start -- dead-letters list --status waiting'],
    )
  })
})
