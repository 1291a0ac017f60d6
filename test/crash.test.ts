/** Ends without warning, and ends on request, in the middle of a burst: nothing is lost, nothing is done twice. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { assertRightBooks, type KassaUnderTest, PARTS, startKassa } from './kassa-under-test.ts'
import { type Burst, burstWithKill, MIDDLE, startBurst } from './order-burst.ts'

/** The whole system may take this long to be gone when nobody has ended it properly. */
const GONE_MS = 10_000
const STOP_MS = 5_000

describe('kill -9 in the middle of a burst', { skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  let kassa: KassaUnderTest

  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  for (const part of PARTS) {
    it(`of ${part} loses no order, charges none twice, and leaves none without its letters`, async () => {
      await burstWithKill(() => kassa, part)
    })
  }

  it('leaves stores that kassa verify finds right, running and stopped', async () => {
    await assertRightBooks(kassa)
  })
})

describe('the end of the supervisor in the middle of a burst', {
  skip: process.platform === 'win32' && 'signals are of Unix',
}, () => {
  let kassa: KassaUnderTest

  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  /** Starts again on the same data, and lets the clients get what they still want. */
  const goOn = async (burst: Burst) => {
    kassa = await startKassa({ dataDir: kassa.dataDir })
    await burst.over
    await burst.check()
  }

  it('by kill -9 leaves no process, and the next start goes on', async () => {
    const all = familyOf(kassa.pid)
    for (const part of PARTS) assert.ok(all.includes(kassa.pidOf(part)), part)
    const burst = await startBurst(() => kassa, 'supervisor')
    await burst.answered(MIDDLE)

    process.kill(kassa.pid, 'SIGKILL')
    await eventually('all its processes are gone', GONE_MS, () => aliveOf(all).length === 0 || undefined)
    await goOn(burst)
  })

  it('by kill -9 does not keep a quick next start from going on at once', async () => {
    const burst = await startBurst(() => kassa, 'quick')
    await burst.answered(MIDDLE)

    process.kill(kassa.pid, 'SIGKILL')
    await kassa.exited
    await goOn(burst)
  })

  const wishes: [how: string, tell: () => void][] = [
    ['SIGTERM', () => process.kill(kassa.pid, 'SIGTERM')],
    // What a terminal does: every process of the group gets it.
    ['Ctrl-C', () => process.kill(-kassa.pid, 'SIGINT')],
  ]
  for (const [how, tell] of wishes) {
    it(`by ${how} loses no request that was accepted, and is done within 5 s`, async () => {
      const all = familyOf(kassa.pid)
      const burst = await startBurst(() => kassa, how)
      await burst.answered(MIDDLE)

      const began = performance.now()
      tell()
      assert.deepEqual(await kassa.exited, { code: 0, signal: null })
      assert.ok(performance.now() - began < STOP_MS, `${performance.now() - began} ms`)
      assert.deepEqual(aliveOf(all), [])
      assert.ok(!kassa.lines.some(line => line.includes('"msg":"killed"')), 'every part ended by itself')
      await goOn(burst)
    })
  }

  it('leaves stores that kassa verify finds right', async () => {
    await kassa.stop()
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })
})

/** A process and all that it has started, and that these have. */
function familyOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = rows.map(row => row.trim().split(/\s+/).map(Number) as [number, number])
  const family = [pid]
  for (const parent of family) family.push(...pairs.filter(([, ppid]) => ppid === parent).map(([child]) => child))
  return family
}

/** Those of `pids` that still run. A zombie does not: it has ended, and waits for its parent to take that in. */
function aliveOf(pids: number[]): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  const running = rows.map(row => row.trim().split(/\s+/)).filter(([, state]) => !state?.startsWith('Z'))
  const alive = new Set(running.map(([pid]) => Number(pid)))
  return pids.filter(pid => alive.has(pid))
}
