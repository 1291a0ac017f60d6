/** `npm start -- doctor`: what it says of a Kassa that runs, that stands still, and that has something wrong. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'

const COME_MS = 60_000

type Report = {
  running: boolean
  ok: boolean
  findings: { about: string; state: 'well' | 'look' | 'wrong'; says: string; mend?: string }[]
}

const ports = { KASSA_PORT: '0', KASSA_NATS_PORT: '0' }

const examine = async (dataDir: string, env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await runKassa(['doctor', '--json'], { ...ports, KASSA_DATA: dataDir, ...env })
  assert.equal(stderr, '')
  const report = JSON.parse(stdout) as Report
  assert.equal(code, report.ok ? 0 : 1)
  for (const { about, state, mend } of report.findings)
    assert.ok(state === 'well' || mend, `${about} says what mends it`)
  return report
}
const wrongIn = ({ findings }: Report) => findings.filter(({ state }) => state === 'wrong').map(({ about }) => about)
const of = ({ findings }: Report, about: string) => findings.find(finding => finding.about === about)

describe('the doctor', { timeout: 300_000 }, () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  it('finds everything well where all is well', async () => {
    const report = await examine(kassa.dataDir)
    assert.deepEqual([report.running, report.ok, wrongIn(report)], [true, true, []])
    for (const about of ['runtime', 'disk', 'gateway', 'broker', 'clock of the broker', 'clock', 'mail'])
      assert.equal(of(report, about)?.state === 'wrong', false, about)
    for (const actor of ['order/0', 'billing/0', 'notification/0', 'webhook/0'])
      assert.match(of(report, actor)?.says ?? '', /^open, \d+ entries$/)
  })

  it('says it in lines, each with its mark', async () => {
    const { code, stdout } = await runKassa(['doctor'], { ...ports, KASSA_DATA: kassa.dataDir })
    assert.equal(code, 0)
    assert.match(stdout, /^ok {4}gateway: answers at http:\/\/127\.0\.0\.1:\d+$/m)
    assert.doesNotMatch(stdout, /^BAD/m)
  })

  it('finds letters that reach nobody worth a look', async () => {
    const report = await examine(kassa.dataDir, { KASSA_MAIL: 'mailbox' })
    const { state, says } = of(report, 'mail') ?? {}
    assert.deepEqual([report.ok, state], [true, 'look'])
    assert.match(says ?? '', /^KASSA_MAIL=mailbox: letters reach nobody/)
  })

  it('finds an actor that does not answer', async () => {
    const pid = kassa.pidOf('billing')
    process.kill(pid, 'SIGSTOP')
    try {
      const report = await examine(kassa.dataDir)
      assert.deepEqual(wrongIn(report), ['billing/0'])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  it('finds dead letters, and gives the command that shows them', async () => {
    const nats = await lookAt(kassa)
    await nats.publish('billing.0.queue.Nothing', '{}')
    await nats.close()
    await eventually('the doctor finds it', COME_MS, async () => {
      const found = of(await examine(kassa.dataDir), 'dead letters of billing/0')
      if (found) assert.equal(found.mend, 'npm start -- dead-letters list --status waiting')
      return found
    })
    const { code, stdout } = await runKassa(['doctor'], { ...ports, KASSA_DATA: kassa.dataDir })
    assert.equal(code, 1)
    assert.match(stdout, /^BAD {3}dead letters of billing\/0: 1 wait for a person\n +→ npm start -- dead-letters list/m)
  })

  it('looks at the stores once it stands still, and finds one that is broken', async () => {
    await kassa.stop()
    const whole = await examine(kassa.dataDir)
    assert.deepEqual([whole.running, wrongIn(whole)], [false, []])
    assert.match(of(whole, 'store of order/0')?.says ?? '', /^\d+ entries, its end is whole$/)

    writeFileSync(join(kassa.dataDir, 'billing-0.db'), 'no store of ours')
    assert.deepEqual(wrongIn(await examine(kassa.dataDir)), ['store of billing/0'])
  })

  it('finds nothing wrong before the first start, and makes nothing', async () => {
    const dataDir = join(newDataDir(), 'shop')
    const report = await examine(dataDir)
    assert.deepEqual([report.running, wrongIn(report)], [false, []])
    assert.match(of(report, 'store of order/0')?.says ?? '', /^none yet/)
    const { code } = await runKassa(['verify'], { KASSA_DATA: dataDir })
    assert.equal(code, 0)
  })

  it('finds a mail server that is away, a broker that is away, and half a backup', async () => {
    const dataDir = newDataDir()
    writeFileSync(join(dataDir, 'restoring'), '')
    const free = await freePort()
    const report = await examine(dataDir, {
      KASSA_SMTP_URL: `smtp://127.0.0.1:${free}`,
      NATS_URL: `nats://127.0.0.1:${free}`,
    })
    assert.deepEqual(wrongIn(report), ['restore', 'broker', 'mail'])
  })

  it('ends with 2 at a word that it does not know', async () => {
    assert.equal((await runKassa(['doctor', '--loudly'], {})).code, 2)
  })
})

/** One where nobody listens, unless somebody takes it in the next moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
