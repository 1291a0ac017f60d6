/** Whatever is sent to the gateway over the real actors: an answer as documented, and a no that changes nothing. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fuzz } from './fuzz/fuzz.ts'
import { fuzzBus } from './fuzz/fuzz-bus.ts'

const REQUESTS = process.env.CI ? 5_000 : 1_000

suite('requests made from our own description', { timeout: 500_000 }, () => {
  test(`${REQUESTS} of them: never a 5xx, never what is undocumented, and every no changes nothing`, async () => {
    const { requests, manners, statuses, succeeded, operations, faults } = await fuzz(REQUESTS, 1)
    console.log(
      `${requests} requests (${JSON.stringify(manners)}), answered ${JSON.stringify(statuses)}; ${faults.length} faults`,
    )
    assert.deepEqual(faults, [])
    assert.equal(requests, REQUESTS)
    // Positive control: it is no use where everything is refused.
    assert.ok(succeeded.size >= operations * 0.8, `${succeeded.size} of ${operations} operations succeeded`)
    for (const status of ['400', '404', '409', '415', '422'])
      assert.ok((statuses[status] ?? 0) > 0, `${status} was met`)
  })

  test(`${REQUESTS} on the bus: never a defect, and every no changes nothing`, async () => {
    const { requests, answered, refused, faults } = await fuzzBus(REQUESTS, 1)
    console.log(
      `${requests} requests, ${answered} answered, refused ${JSON.stringify(refused)}; ${faults.length} faults`,
    )
    assert.deepEqual(faults, [])
    assert.equal(requests, REQUESTS)
    assert.ok(answered > REQUESTS / 20, 'some are right')
    for (const code of ['not_found', 'malformed_json', 'unknown_field', 'invalid_id', 'dead_letter_not_found'])
      assert.ok((refused[code] ?? 0) > 0, `${code} was met`)
  })
})
