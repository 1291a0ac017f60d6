/** A slice of the torture: a minute of a real Kassa under load, fault after fault, checked from outside. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isGoodRound, runCampaign } from '../scripts/torture/campaign.ts'
import { report } from '../scripts/torture/report.ts'
import { commandToRun, isBun } from '../src/processes/runtime.ts'

/** `npm run torture -- --minutes 60` runs more. The last third is for coming to rest and for the checks. */
const MINUTES = 1
const SEED = 1
/** Fewer than these would prove little; a machine that runs nothing else does twice as many. */
const LEAST_FAULTS = 5

describe('a tortured Kassa', { skip: isBun && 'it is driven from Node' }, () => {
  it(`loses nothing and does nothing twice in ${MINUTES} minute`, async () => {
    const said: string[] = []
    const result = await runCampaign({
      minutes: MINUTES,
      seed: SEED,
      round: 1,
      rate: 200,
      kinds: undefined,
      say: line => void said.push(line),
    })
    const story = [...said, ...report(result)].join('\n')
    assert.deepEqual(result.broken, [], story)
    assert.ok(result.rounds.length > 0 && result.rounds.every(isGoodRound), story)
    const { suffered, verdict } = result.rounds[0]!
    assert.ok(suffered.length >= LEAST_FAULTS, story)
    assert.ok(verdict.tally.acknowledgedOrders > 0, story)
  })

  it('counts as no proof when the time was too short for a single fault', () => {
    const entry = fileURLToPath(new URL('../scripts/torture.ts', import.meta.url))
    const { command, args } = commandToRun(entry, ['--minutes', '0.01'])
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
    assert.equal(status, 1, stdout)
    assert.match(stdout, /too short for a single fault/)
  })
})
