/** Restore: what it refuses, and that an interrupted one leaves nothing that could be taken for a whole one. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runKeys } from '../access/keys-command.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { filesOf } from '../actors/store-files.ts'
import { exitCodes } from '../exit.ts'
import { refuseHalfRestored } from '../restoring.ts'
import { backup } from './backup.ts'
import type { Manifest } from './manifest.ts'
import { restore } from './restore.ts'
import { configOf, makeBackup, makeData, newDirectory, quiet, refusedWith } from './test-data.ts'

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

describe('access keys', () => {
  const keys = (dataDir: string, ...words: string[]): string => {
    const printed: string[] = []
    runKeys(words, { dataDir, now: Date.now, print: line => printed.push(line), explain: quiet })
    return printed.join('\n')
  }
  const withKey = async () => {
    const dataDir = makeData()
    keys(dataDir, 'create', '--role', 'client', '--name', 'shop')
    const directory = join(newDirectory(), 'backup')
    await backup(configOf(dataDir), directory, quiet)
    return { dataDir, directory }
  }

  it('come back, and the one revoked since is told of', async () => {
    const { directory } = await withKey()
    const [dataDir, said] = [newDirectory(), [] as string[]]
    assert.equal(await restore(configOf(dataDir), directory, line => said.push(line)), exitCodes.ok)
    assert.match(keys(dataDir, 'list'), /active .*client shop/)
    assert.match(said.join('\n'), /1 let in\. One that was revoked since then does so again/)
    if (process.platform !== 'win32') assert.equal(statSync(join(dataDir, 'access-keys.json')).mode & 0o777, 0o600)
  })

  it('that are there are kept', async () => {
    const { directory } = await withKey()
    const dataDir = newDirectory()
    keys(dataDir, 'create', '--role', 'operator', '--name', 'newer')
    assert.equal(await restore(configOf(dataDir), directory, quiet), exitCodes.ok)
    assert.match(keys(dataDir, 'list'), /^\S+ {2}active {4}operator newer[^\n]*$/)
  })

  it('that are not what was written are refused, and so is another file in their stead', async () => {
    const { directory } = await withKey()
    writeFileSync(join(directory, 'access-keys.json'), '{"version":1,"keys":[]}')
    await assert.rejects(restore(configOf(newDirectory()), directory, quiet), refusedWith(exitCodes.failed, /not what/))
    changeManifest(directory, manifest => Object.assign(manifest.access ?? {}, { name: '../elsewhere.json' }))
    await assert.rejects(restore(configOf(newDirectory()), directory, quiet), /access/)
  })

  it('that cannot be read keep a backup from being made', async () => {
    const dataDir = makeData()
    const directory = join(newDirectory(), 'backup')
    writeFileSync(join(dataDir, 'access-keys.json'), 'rubbish')
    await assert.rejects(
      backup(configOf(dataDir), directory, quiet),
      refusedWith(exitCodes.configuration, /file of keys/),
    )
    assert.ok(!existsSync(directory))
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
