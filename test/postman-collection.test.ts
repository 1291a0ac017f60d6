/** The Postman collection of the founding document's scenario, run by newman against a running Kassa. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Outcome, runTool } from './client-tools.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const collectionFile = resolve(import.meta.dirname, '../docs/kassa.postman_collection.json')

type Count = { total: number; pending: number; failed: number }
type Run = { stats: { requests: Count; assertions: Count }; failures: { error: { test: string } }[] }

describe('the Postman collection', () => {
  let kassa: KassaUnderTest
  before(async () => {
    // A reply waits for the settling, and a busy machine may need longer for it than 300 ms; nothing else ever waits.
    kassa = await startKassa({ env: { KASSA_SETTLE_WAIT_MS: '5000' } })
  })
  after(() => kassa?.stop())

  it('holds, without a delay', async () => {
    const { outcome, run } = await newman(kassa)
    console.log(tableOf(outcome.stdout))
    assert.equal(outcome.code, 0, outcome.stdout)
    assert.deepEqual(run.failures, [])
    assert.deepEqual(run.stats.requests, { total: 10, pending: 0, failed: 0 })
    assert.deepEqual(run.stats.assertions, { total: 26, pending: 0, failed: 0 })
  })

  it('holds again on the same Kassa: each run makes a user of its own', async () => {
    assert.equal((await newman(kassa)).outcome.code, 0)
  })

  it('fails where the money does not cover the first order', async () => {
    const { outcome, run } = await newman(kassa, ['--env-var', 'covered=50'])
    assert.equal(outcome.code, 1)
    const failed = run.failures.map(({ error }) => error.test)
    assert.ok(failed.includes('it is Confirmed'), failed.join(', '))
  })

  it('has no script that waits', () => {
    assert.doesNotMatch(readFileSync(collectionFile, 'utf8'), /setTimeout|setInterval|setNextRequest|sendRequest/)
  })
})

async function newman({ url }: KassaUnderTest, options: string[] = []): Promise<{ outcome: Outcome; run: Run }> {
  const report = join(newDataDir(), 'run.json')
  const reporters = ['--reporters', 'cli,json', '--reporter-json-export', report, '--color', 'off']
  const args = ['run', collectionFile, '--env-var', `baseUrl=${url}`, ...reporters, ...options]
  const outcome = await runTool('newman/bin/newman.js', args, newDataDir())
  const { run } = JSON.parse(readFileSync(report, 'utf8')) as { run: Run }
  return { outcome, run }
}

/** The summary that newman draws last. */
const tableOf = (output: string): string => output.slice(output.indexOf('┌─', output.lastIndexOf('\n\n┌')))
