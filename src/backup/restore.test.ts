/** Restore: what it refuses, and that an interrupted one leaves nothing that could be taken for a whole one. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ADDRESSES } from '../actors/registry.ts'
import { filesOf } from '../actors/store-files.ts'
import { exitCodes } from '../exit.ts'
import { refuseHalfRestored } from '../restoring.ts'
import type { Manifest } from './manifest.ts'
import { restore } from './restore.ts'
import { configOf, makeBackup, newDirectory, quiet, refusedWith } from './test-data.ts'

/** Data in which a restore was interrupted between a store and its note. */
const interrupt = async (directory: string): Promise<string> => {
  const dataDir = newDirectory()
  const inTheWay = `${filesOf(dataDir, { actor: 'order', cell: 0 }).restored}.new`
  mkdirSync(inTheWay)
  await assert.rejects(restore(configOf(dataDir), directory, quiet), /EISDIR/)
  rmSync(inTheWay, { recursive: true })
  return dataDir
}

const changeManifest = (directory: string, change: (manifest: Manifest) => void): void => {
  const path = join(directory, 'backup.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  change(manifest)
  writeFileSync(path, JSON.stringify(manifest))
}

describe('a restore that is interrupted', () => {
  it('leaves data on which nothing starts, until it has been run again', async () => {
    const directory = await makeBackup()
    const dataDir = await interrupt(directory)
    assert.ok(existsSync(join(dataDir, 'order-0.db')))
    assert.throws(
      () => refuseHalfRestored(dataDir),
      refusedWith(exitCodes.configuration, /a restore was interrupted there/),
    )

    assert.equal(await restore(configOf(dataDir), directory, quiet), exitCodes.ok)
    refuseHalfRestored(dataDir)
    assert.equal(globSync('*.restored', { cwd: dataDir }).length, ADDRESSES.length)
  })

  it('is not ended with another backup', async () => {
    const dataDir = await interrupt(await makeBackup())
    await assert.rejects(
      restore(configOf(dataDir), await makeBackup(), quiet),
      refusedWith(exitCodes.configuration, /a restore of the backup of .* was interrupted there/),
    )
  })

  it('puts nothing over a store that somebody has put there since', async () => {
    const directory = await makeBackup()
    const dataDir = await interrupt(directory)
    writeFileSync(join(dataDir, 'order-0.db'), 'a newer one')
    await assert.rejects(
      restore(configOf(dataDir), directory, quiet),
      refusedWith(exitCodes.configuration, /order-0\.db would be overwritten/),
    )
  })
})

describe('a restore is refused', () => {
  it('beside what is left of a keys file that is gone: the two would be mixed', async () => {
    const directory = await makeBackup()
    const dataDir = newDirectory()
    writeFileSync(join(dataDir, 'billing-0.keys.db-wal'), 'of an earlier file')
    await assert.rejects(
      restore(configOf(dataDir), directory, quiet),
      refusedWith(exitCodes.configuration, /billing-0\.keys\.db-wal lies there without/),
    )
    assert.deepEqual(globSync('*.db', { cwd: dataDir }), [])
  })

  it('when its manifest names a file that is none of an actor', async () => {
    const directory = await makeBackup()
    changeManifest(directory, ({ stores }) => {
      for (const file of stores[0]?.files ?? []) file.name = '../elsewhere.db'
    })
    await assert.rejects(
      restore(configOf(newDirectory()), directory, quiet),
      refusedWith(exitCodes.configuration, /names a file "\.\.\/elsewhere\.db" for order\/0/),
    )
  })

  it('when its manifest names an actor that there is not', async () => {
    const directory = await makeBackup()
    changeManifest(directory, ({ stores }) => {
      for (const store of stores.slice(0, 1)) store.cell = 7
    })
    await assert.rejects(
      restore(configOf(newDirectory()), directory, quiet),
      refusedWith(exitCodes.configuration, /a store of order\/7, which this Kassa does not know/),
    )
  })
})
