/** One Kassa on one data directory. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { PlainFault } from '../exit.ts'
import { programOf } from '../processes/test-program.ts'
import { lockData } from './data-lock.ts'
import { writeRunFile } from './run-file.ts'

describe('the lock on the data', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kassa-lock-'))
  after(() => rmSync(dataDir, { recursive: true, force: true }))

  it('is free again when it is given back', () => {
    lockData(dataDir)()
    lockData(dataDir)()
  })

  it('refuses a second start, exit code 69, saying who runs where', () => {
    const unlock = lockData(dataDir)
    writeRunFile(dataDir, { pid: process.pid, startedAt: '2026-11-22T10:00:00Z', url: 'http://127.0.0.1:8080' })
    assert.throws(
      () => lockData(dataDir),
      (fault: PlainFault) => {
        assert.match(
          fault.message,
          new RegExp(
            `pid ${process.pid} runs there since 2026-11-22T10:00:00Z, at http://127\\.0\\.0\\.1:8080; stop it first`,
          ),
        )
        return fault.exitCode === 69
      },
    )
    unlock()
  })

  it('names nobody where the one who said that it runs there is dead', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    const unlock = lockData(dataDir)
    writeRunFile(dataDir, { pid, startedAt: '2026-11-22T10:00:00Z' })
    assert.throws(() => lockData(dataDir), /another Kassa runs there, or a backup or restore; stop it first/)
    unlock()
  })

  it('is freed at once by a kill -9 of its holder', async () => {
    const module = new URL('data-lock.ts', import.meta.url).href
    const code = `import { lockData } from ${JSON.stringify(module)}
      // Reachable for ever: a database that is collected as garbage is closed.
      globalThis.unlock = lockData(${JSON.stringify(dataDir)})
      console.log('locked')
      setInterval(() => {}, 1000)`
    const { command, args } = programOf(code)
    const holder = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    assert.throws(() => lockData(dataDir), /runs there/)

    holder.kill('SIGKILL')
    await once(holder, 'exit')
    lockData(dataDir)()
  })

  it('says that a directory can’t be written, exit code 78', {
    skip: process.getuid?.() === 0 && 'root may write anywhere',
  }, () => {
    const closed = join(dataDir, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o500)
    assert.throws(
      () => lockData(closed),
      (fault: PlainFault) => fault.exitCode === 78,
    )
  })
})
