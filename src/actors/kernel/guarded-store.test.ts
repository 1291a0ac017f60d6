/** A guarded store: pages are known by their sums through commits, write-backs, kills and closes, and a changed one is found. */
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { guardStore } from './guard-store.ts'
import { type GuardedStore, openGuardedStore, StorePagesDamaged } from './guarded-store.ts'
import { openPageSums } from './page-sums.ts'

const PAGE = 4096
/** sqlite.org/fileformat.html */
const USER_VERSION_AT = 60

describe('a guarded store', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-guarded-'))
  after(() => rmSync(directory, { recursive: true }))
  let count = 0
  const newPath = () => join(directory, `${++count}.db`)

  const fill = ({ store }: GuardedStore, rows: number): void => {
    store.exec('CREATE TABLE IF NOT EXISTS some (one INTEGER PRIMARY KEY, body TEXT) STRICT')
    const insert = store.prepare('INSERT INTO some (body) VALUES (?)')
    store.transaction(() => {
      for (let row = 0; row < rows; row++) insert.run('x'.repeat(1000))
    })()
  }
  const rowsIn = ({ store }: GuardedStore) => store.prepare('SELECT count(*) FROM some').pluck().get()
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path)
    bytes[at] = (bytes[at] as number) ^ 1
    writeFileSync(path, bytes)
  }
  /** What a kill leaves of the files. */
  const killed = (path: string): string => {
    const copy = newPath()
    for (const end of ['', '-wal', '.sums'])
      if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${copy}${end}`)
    return copy
  }

  it('opens again after a close, after a kill, and after a kill with pages half written back', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 100)
    guarded.writeBack()
    fill(guarded, 100)
    const unwritten = openGuardedStore(killed(path))
    assert.equal(rowsIn(unwritten), 200)
    unwritten.close()
    guarded.writeBack()
    const written = openGuardedStore(killed(path))
    assert.equal(rowsIn(written), 200)
    written.close()
    fill(guarded, 1)
    guarded.close()
    const closed = openGuardedStore(path)
    assert.equal(rowsIn(closed), 201)
    closed.close()
  })

  it('opens a store without sums whose pages all wait in the write-ahead log, and notes them with the write-back', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 1)
    const copy = killed(path)
    assert.equal(statSync(copy).size, PAGE, 'the file has its first page alone')
    rmSync(`${copy}.sums`)
    const opened = openGuardedStore(copy)
    assert.equal(rowsIn(opened), 1)
    opened.close()
    const closed = openGuardedStore(copy)
    assert.equal(rowsIn(closed), 1)
    closed.close()
    flip(copy, PAGE + 2000)
    assert.throws(() => openGuardedStore(copy), StorePagesDamaged)
  })

  it('finds a changed byte of any page at the start', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 50)
    guarded.close()
    for (let page = 1; page < statSync(path).size / PAGE; page++) {
      const copy = killed(path)
      flip(copy, page * PAGE + 2000)
      assert.throws(() => openGuardedStore(copy), new RegExp(`page ${page + 1} of .* is not what was written there`))
      assert.throws(() => openGuardedStore(copy), StorePagesDamaged, 'and the next time')
    }
  })

  it('looks at the first page before any other: it says what the file is, and which version has run on it', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 1000)
    guarded.close()
    flip(path, USER_VERSION_AT)
    const sums = openPageSums(path)
    assert.deepEqual(sums.check(0), { damaged: 1, once: false })
    sums.close()
  })

  it('finds a byte that changes while it is open', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 50)
    guarded.writeBack()
    assert.equal(guarded.scrub(), undefined)
    flip(path, 5 * PAGE + 100)
    assert.match(String(guarded.scrub()), /page 6/)
    guarded.close()
    assert.throws(() => openGuardedStore(path), /page 6/, 'the next start knows of it')
  })

  it('takes the sums of a store that has none yet', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    fill(guarded, 50)
    guarded.close()
    rmSync(`${path}.sums`)
    openGuardedStore(path).close()
    flip(path, 3 * PAGE + 100)
    assert.throws(() => openGuardedStore(path), StorePagesDamaged)
  })

  it('writes back by itself when enough has come together, and never loses what came after', () => {
    const path = newPath()
    const guarded = openGuardedStore(path)
    assert.equal(guarded.tidy(), true)
    assert.ok(statSync(path).size <= PAGE, 'nothing to write back yet')
    fill(guarded, 5000)
    assert.equal(guarded.tidy(), true)
    assert.ok(statSync(path).size > 1000 * PAGE)
    fill(guarded, 1)
    assert.equal(guarded.tidy(), true)
    assert.equal(guarded.tidy(), false, 'nothing was written since')
    const copy = openGuardedStore(killed(path))
    assert.equal(rowsIn(copy), 5001)
    copy.close()
    guarded.close()
  })

  it('is watched while it runs: damage and a failing disk are told, a full disk is waited out', async () => {
    const clock = createVirtualClock({ start: 0 })
    const told: Error[] = []
    const damage = new StorePagesDamaged('page 6')
    let full = true
    let scrubs = 0
    let tidied = 0
    const tidy = () => {
      tidied++
      if (full) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      return false
    }
    const scrub = () => (++scrubs === 3 ? damage : undefined)
    const lookedThrough = () => scrubs >= 2
    const guard = guardStore({ tidy, scrub, lookedThrough }, clock, error => told.push(error))
    await clock.advance(450)
    assert.deepEqual(told, [])
    assert.equal(scrubs, 2)
    await clock.advance(900)
    assert.equal(scrubs, 2, 'less often once all was looked at')
    full = false
    await clock.advance(10_000)
    assert.deepEqual(told, [damage])
    assert.equal(scrubs, 3)
    const before = tidied
    await clock.advance(5000)
    assert.equal(tidied - before, 10, 'seldom while nobody writes')
    guard.stop()
  })
})
