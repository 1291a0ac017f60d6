/** A start that can't be: what it says, and what it ends with. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const freePorts = { KASSA_PORT: '0', KASSA_NATS_PORT: '0' }

describe('a start that can’t be', () => {
  let kassa: KassaUnderTest

  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  const portOf = (url: string) => new URL(url).port

  it('on data that are in use says who runs where, and ends with 69', async () => {
    const { code, stderr } = await runKassa(['start'], { ...freePorts, KASSA_DATA: kassa.dataDir })
    assert.equal(code, 69)
    assert.ok(stderr.includes(`pid ${kassa.pid} runs there since `), stderr)
    assert.ok(stderr.includes(`at ${kassa.url};`), stderr)
    await kassa.ready()
  })

  it('on a taken port of its own says who has it, and ends with 69', async () => {
    const taken = { ...freePorts, KASSA_PORT: portOf(kassa.url), KASSA_DATA: newDataDir() }
    const { code, stderr } = await runKassa(['start'], taken)
    assert.equal(code, 69)
    assert.match(
      stderr,
      new RegExp(`Cannot take port ${portOf(kassa.url)} for the gateway: pid ${kassa.pidOf('gateway')} has it`),
    )
  })

  it('on a taken port of the broker says who has it, and ends with 69', async () => {
    const taken = { ...freePorts, KASSA_NATS_PORT: portOf(kassa.natsUrl), KASSA_DATA: newDataDir() }
    const { code, stderr } = await runKassa(['start'], taken)
    assert.equal(code, 69)
    assert.match(
      stderr,
      new RegExp(`Cannot take port ${portOf(kassa.natsUrl)} for nats-server: pid ${kassa.pidOf('nats-server')} has it`),
    )
  })

  it('with bad configuration tells all faults, and ends with 78', async () => {
    const dataDir = newDataDir()
    const bad = { KASSA_DATA: dataDir, KASSA_HOST: 'a b', KASSA_SETTLE_WAIT_MS: 'soon' }
    const { code, stderr } = await runKassa(['start'], bad)
    assert.equal(code, 78)
    assert.match(stderr, /KASSA_HOST: got "a b"[\s\S]*KASSA_SETTLE_WAIT_MS: got "soon"/)
    assert.ok(!existsSync(join(dataDir, 'kassa.json')))
  })

  it('with a catalogue that can’t be read says so, and ends with 78', async () => {
    const env = { ...freePorts, KASSA_DATA: newDataDir(), KASSA_CATALOG: join(newDataDir(), 'none.json') }
    const { code, stderr } = await runKassa(['start'], env)
    assert.equal(code, 78, stderr)
    assert.match(stderr, /Cannot read the catalogue .*none\.json/)
  })

  it('on data in which a restore was interrupted says so, and ends with 78, whatever is to be started', async () => {
    const env = { ...freePorts, KASSA_DATA: newDataDir() }
    for (const file of ['restoring', 'order-0.db']) writeFileSync(join(env.KASSA_DATA, file), '{}')
    for (const words of [['start'], ['actor', 'order'], ['backup', join(newDataDir(), 'backup')]]) {
      const { code, stderr } = await runKassa(words, env)
      assert.equal(code, 78, stderr)
      assert.match(stderr, /a restore was interrupted there.*run the same "npm start -- restore" again/)
    }
  })

  it('of a subcommand that there is not ends with 2', async () => {
    const { code, stderr } = await runKassa(['strat'], {})
    assert.equal(code, 2)
    assert.match(stderr, /did you mean start\?/)
  })
})
