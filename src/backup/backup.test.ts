/** Backup: what keeps it from being made, and that it then leaves nothing, above all no key. */
import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { exitCodes } from '../exit.ts'
import { lockData } from '../start/data-lock.ts'
import { writeRunFile } from '../start/run-file.ts'
import { backup } from './backup.ts'
import { runningUrl } from './running-url.ts'
import { configOf, makeData, newDirectory, quiet, refusedWith } from './test-data.ts'

const STARTED_AT = '2026-11-23T00:00:00Z'
const NOBODY_THERE = 'nats://127.0.0.1:1'

describe('a backup that can not be made', () => {
  it('because a signal ends it leaves nothing, and no copy beside the stores', async () => {
    const dataDir = makeData()
    const directory = join(newDirectory(), 'backup')
    const stopAtKeys = (line: string): void => {
      if (line.startsWith('order: store copied')) process.kill(process.pid, 'SIGTERM')
    }
    await assert.rejects(
      backup(configOf(dataDir), directory, stopAtKeys),
      refusedWith(exitCodes.failed, /Stopped by a signal/),
    )
    assert.ok(!existsSync(directory))
    assert.deepEqual(globSync('copies/*', { cwd: dataDir }), [])
    assert.equal(process.listenerCount('SIGTERM'), 0)
  })

  it('because whoever holds the lock does not say where to ask leaves nothing', async () => {
    const dataDir = makeData()
    const directory = join(newDirectory(), 'backup')
    const unlock = lockData(dataDir)
    await assert.rejects(
      backup(configOf(dataDir), directory, quiet),
      refusedWith(exitCodes.unavailable, /No Kassa runs on the data in/),
    )
    unlock()
    assert.ok(!existsSync(directory))
  })
})

describe('the Kassa that runs on the data', () => {
  const urlIn = (dataDir: string, natsUrl?: string) => runningUrl({ dataDir, natsUrl })

  it('is the one that holds the lock and lives, wherever NATS_URL points', () => {
    const dataDir = newDirectory()
    const unlock = lockData(dataDir)
    writeRunFile(dataDir, { pid: process.pid, startedAt: STARTED_AT, natsUrl: NOBODY_THERE })
    assert.equal(urlIn(dataDir, 'nats://elsewhere:4222'), NOBODY_THERE)
    unlock()
  })

  it('is none where a run file was left behind: its port may be another one’s by now', () => {
    const dataDir = newDirectory()
    writeRunFile(dataDir, { pid: process.pid, startedAt: STARTED_AT, natsUrl: NOBODY_THERE })
    assert.throws(() => urlIn(dataDir), refusedWith(exitCodes.unavailable, /No Kassa runs on the data/))
  })

  it('is none in a directory that there is not, which is not made either', () => {
    const dataDir = join(newDirectory(), 'mistyped')
    for (const natsUrl of [undefined, NOBODY_THERE])
      assert.throws(() => urlIn(dataDir, natsUrl), refusedWith(exitCodes.unavailable, /No Kassa runs on the data/))
    assert.ok(!existsSync(dataDir))
  })

  it('is where NATS_URL says when its parts are run alone, with no lock', () => {
    assert.equal(urlIn(newDirectory(), NOBODY_THERE), NOBODY_THERE)
  })
})
