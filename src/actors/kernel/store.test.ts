/** The store on a real file: durable as it says, and nobody else's while it is open. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { programOf } from '../../processes/test-program.ts'
import { isFull, isOutcomeUnknown, openStore, StoreDamaged, StoreLocked } from './store.ts'

const storeModule = new URL('store.ts', import.meta.url).href

let directory = ''
let files = 0
const newPath = () => join(directory, `${++files}.db`)

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'kassa-store-'))
})
const holders: ChildProcess[] = []
after(() => {
  // One that was stopped for a test that then failed would hold this file for ever.
  for (const holder of holders) holder.kill('SIGKILL')
  rmSync(directory, { recursive: true })
})

/** Another process that opens the store and keeps it. Resolves when it has it. */
const holdElsewhere = async (path: string) => {
  const code = `
    import { openStore } from ${JSON.stringify(storeModule)}
    // Reachable for ever: a store that is collected as garbage is closed.
    globalThis.store = openStore(${JSON.stringify(path)})
    globalThis.store.exec('CREATE TABLE kept (value INTEGER); INSERT INTO kept VALUES (7)')
    console.log('open')
    process.stdin.resume()`
  const { command, args } = programOf(code)
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  holders.push(child)
  await once(child.stdout, 'data')
  const pid = child.pid as number
  return {
    pid,
    signal: (name: NodeJS.Signals) => process.kill(pid, name),
    end: async () => {
      const ended = once(child, 'exit')
      process.kill(pid, 'SIGKILL')
      await ended
    },
  }
}

describe('a store: how it is open', () => {
  const promised: [pragma: string, value: unknown, why: string][] = [
    ['journal_mode', 'wal', 'a commit is one append'],
    ['synchronous', 2, 'a commit survives a power cut (FULL)'],
    ['locking_mode', 'exclusive', 'there is one owner'],
    ['foreign_keys', 1, 'rows refer to rows that are there'],
    ['secure_delete', 1, 'what is erased is overwritten'],
    ['trusted_schema', 0, 'a schema runs no code'],
  ]
  for (const [pragma, value, why] of promised)
    it(`${pragma} is ${value}: ${why}`, () => {
      const store = openStore(newPath())
      assert.equal(store.pragma(pragma, { simple: true }), value)
      store.close()
    })

  it('makes no shared-memory file, by which others could look in', () => {
    const path = newPath()
    const store = openStore(path)
    store.exec('CREATE TABLE kept (value INTEGER)')
    const beside = readdirSync(directory).filter(name => join(directory, name).startsWith(path))
    assert.ok(!beside.some(name => name.endsWith('-shm')), beside.join(', '))
    store.close()
  })

  it('is readable by its owner only, with its write-ahead log: keys of persons lie in one', () => {
    const path = newPath()
    const store = openStore(path)
    store.exec('CREATE TABLE kept (value INTEGER)')
    for (const file of [path, `${path}-wal`]) assert.equal(statSync(file).mode & 0o777, 0o600, file)
    store.close()
  })

  it('takes back what an older store let others read', () => {
    const path = newPath()
    openStore(path).close()
    chmodSync(path, 0o644)
    openStore(path).close()
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  it('keeps what was committed when it is opened again', () => {
    const path = newPath()
    const store = openStore(path)
    store.exec('CREATE TABLE kept (value INTEGER); INSERT INTO kept VALUES (7)')
    store.close()
    const again = openStore(path)
    assert.equal(again.prepare('SELECT value FROM kept').pluck().get(), 7)
    again.close()
  })

  it('opens though the number of its holder can’t be written beside it, as on a full disk', () => {
    const path = newPath()
    mkdirSync(`${path}.pid`)
    openStore(path).close()
  })

  it('refuses a file that is no store', () => {
    const path = newPath()
    writeFileSync(path, 'a letter that somebody put there '.repeat(100))
    assert.throws(() => openStore(path), new StoreDamaged('file is not a database'))
  })
})

describe('a store: a second opener', () => {
  const refusal = (path: string) => {
    try {
      openStore(path).close()
    } catch (error) {
      assert.ok(error instanceof StoreLocked, String(error))
      return error.message
    }
    return assert.fail('the store was opened twice')
  }

  it('in the same process is refused', () => {
    const path = newPath()
    const store = openStore(path)
    assert.equal(refusal(path), `Cannot open ${path}: pid ${process.pid} holds it; stop that process first`)
    store.close()
    openStore(path).close()
  })

  it('in the same process does not take the lock from the first by trying', async () => {
    const path = newPath()
    const store = openStore(path)
    refusal(path)
    const code = `
      import { openStore } from ${JSON.stringify(storeModule)}
      openStore(${JSON.stringify(path)})`
    const { command, args } = programOf(code)
    const other = spawn(command, args, { stdio: 'ignore' })
    assert.deepEqual(await once(other, 'exit'), [1, null])
    store.close()
  })

  it('is told which process holds it', async () => {
    const path = newPath()
    const holder = await holdElsewhere(path)
    assert.equal(refusal(path), `Cannot open ${path}: pid ${holder.pid} holds it; stop that process first`)
    await holder.end()
  })

  it('is refused also while the holder is stopped (SIGSTOP), and has the store at once after its kill -9', async () => {
    const path = newPath()
    const holder = await holdElsewhere(path)
    holder.signal('SIGSTOP')
    assert.match(refusal(path), new RegExp(`pid ${holder.pid} holds it`))

    await holder.end()
    const store = openStore(path)
    assert.equal(store.prepare('SELECT value FROM kept').pluck().get(), 7, 'what was committed is there')
    store.close()
  })

  it('that only wants to read past us is refused too', async () => {
    const path = newPath()
    const holder = await holdElsewhere(path)
    const reader = new Database(path, { readonly: true, timeout: 0 })
    assert.throws(() => reader.prepare('SELECT value FROM kept').get(), { code: 'SQLITE_BUSY' })
    reader.close()
    await holder.end()
  })
})

describe('a store: what an error means', () => {
  const error = (code: string) => new Database.SqliteError('said by a test', code)

  it('a full disk may have room later', () => assert.ok(isFull(error('SQLITE_FULL'))))
  for (const code of ['SQLITE_IOERR', 'SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT'])
    it(`${code} leaves it unknown whether a commit happened`, () => {
      assert.ok(isOutcomeUnknown(error(code)))
      assert.ok(!isFull(error(code)))
    })
  it('a broken constraint is neither: it is a bug', () => {
    assert.ok(!isFull(error('SQLITE_CONSTRAINT')) && !isOutcomeUnknown(error('SQLITE_CONSTRAINT')))
    assert.ok(!isFull(new TypeError('SQLITE_FULL')) && !isOutcomeUnknown(new TypeError('SQLITE_IOERR')))
  })
})
