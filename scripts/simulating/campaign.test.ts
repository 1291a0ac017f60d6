/** A campaign goes on where it ended, and begins anew for other code. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { codeName, keep, resume } from './campaign.ts'
import { emptyTally } from './tally.ts'

const folder = mkdtempSync(join(tmpdir(), 'kassa-campaign-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'campaign.json')

describe('a campaign', () => {
  it('begins with its first seed', () => assert.deepEqual(resume(join(folder, 'none.json'), 'code', 5), emptyTally(5)))

  it('goes on where it ended', () => {
    const tally = { ...emptyTally(5), next: 9, requests: 30 }
    keep(file, 'code', tally)
    assert.deepEqual(resume(file, 'code', 5), tally)
  })

  it('begins anew when the code is another one, or the first seed', () => {
    keep(file, 'code', { ...emptyTally(5), next: 9 })
    assert.equal(resume(file, 'other', 5).next, 5)
    assert.equal(resume(file, 'code', 6).next, 6)
  })
})

describe('the name of the code', () => {
  const root = join(folder, 'root')
  for (const place of ['src/bus', 'test/simulation']) mkdirSync(join(root, place), { recursive: true })
  writeFileSync(join(root, 'package-lock.json'), '{}')
  const write = (path: string, text: string) => writeFileSync(join(root, path), text)

  it('changes with the product and the simulation, and not with a test', () => {
    write('src/bus/relay.ts', 'one')
    const before = codeName(root)
    write('src/bus/relay.test.ts', 'a test')
    assert.equal(codeName(root), before)
    write('src/bus/relay.ts', 'two')
    const changed = codeName(root)
    assert.notEqual(changed, before)
    write('test/simulation/faults.ts', 'one')
    assert.notEqual(codeName(root), changed)
  })
})
