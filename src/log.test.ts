/** The log goes where stderr goes, which may be a file on a full disk. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { shown } from './log.ts'
import { commandToRun } from './processes/runtime.ts'

const FULL = '/dev/full'

const program = `
import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
const log = createLog('info', 'toy')
log.info('one line')
setTimeout(() => {
  log.info('and another')
  console.log('goes on')
}, 10)
`

/** What the last line says, parsed, that the program `code` writes in a process of its own. */
const lastLineOf = (code: string) => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-log-'))
  const file = join(directory, 'program.mjs')
  writeFileSync(file, code)
  const { command, args } = commandToRun(file)
  const { stderr } = spawnSync(command, args, { encoding: 'utf8' })
  rmSync(directory, { recursive: true })
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '')
}

describe('the log', () => {
  const lineOf = (isTerminal: boolean): string => {
    const directory = mkdtempSync(join(tmpdir(), 'kassa-log-'))
    const file = join(directory, 'program.mjs')
    const source = JSON.stringify(new URL('log.ts', import.meta.url).href)
    writeFileSync(
      file,
      `import { createLog } from ${source}\ncreateLog('info', 'toy', ${isTerminal}).info({ seq: 3 }, 'open')\n`,
    )
    const { command, args } = commandToRun(file)
    const { stderr } = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
    rmSync(directory, { recursive: true })
    return stderr
  }

  it('is JSON, a line a fact', () => {
    const { level, name, seq, msg } = JSON.parse(lineOf(false))
    assert.deepEqual({ level, name, seq, msg }, { level: 30, name: 'toy', seq: 3, msg: 'open' })
  })

  it('is for people to read at a terminal', () => {
    assert.match(lineOf(true), /^\d\d:\d\d:\d\d\.\d{3} info {2}toy: open {2}seq=3\n$/)
  })

  it('has the fields that there are, and of another its name alone', () =>
    assert.deepEqual(shown({ seq: 7, what: 'died', email: 'ivan@example.com' }), {
      seq: 7,
      what: 'died',
      left_out: ['email'],
    }))

  it('shortens every e-mail address, also in what an error quotes, and keeps the rest', () => {
    const fault = new Error('no room for <ivan.ivanov@example.com>, i@shop.example', { cause: 'user@email.com' })
    const { err, reason, at } = shown({
      err: Object.assign(fault, { to: ['ivan@example.com'] }),
      reason: 'mail:ivan@example.com at 10:30',
      at: ['    at send (file:///kassa/node_modules/@nats-io/x.js:1:2)'],
    }) as { err: { message: string; stack: string; to: string[] }; reason: string; at: string[] }
    assert.match(err.message, /^no room for <iv…@example\.com>, i…@shop\.example/)
    assert.doesNotMatch(JSON.stringify(err), /van|user@/)
    assert.match(err.stack, /log\.test/)
    assert.deepEqual(err.to, ['iv…@example.com'])
    assert.equal(reason, 'mail:iv…@example.com at 10:30')
    assert.deepEqual(at, ['    at send (file:///kassa/node_modules/@nats-io/x.js:1:2)'])
  })

  it('looks into what is told so deep and no deeper: a ring ends', () => {
    const ring: Record<string, unknown> = { to: 'ivan@example.com' }
    ring.self = ring
    assert.doesNotMatch(JSON.stringify(shown({ what: ring })), /ivan/)
  })

  it('writes lines so', () => {
    const code = `
import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
createLog('info', 'toy').warn({ reason: 'ivan@example.com', secret: 'x' }, 'no')`
    const { name, reason, left_out, msg, secret } = lastLineOf(code)
    assert.deepEqual(
      { name, reason, left_out, msg, secret },
      {
        name: 'toy',
        reason: 'iv…@example.com',
        left_out: ['secret'],
        msg: 'no',
        secret: undefined,
      },
    )
  })

  it('names the places of the sources in the built program, whichever way a stack is told', () => {
    const code = `
globalThis.KASSA_BUILT = { inSources: text => text.replaceAll('/cache/program.js:9:1', 'src/toy.ts:4') }
const { createLog } = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)})
const err = new Error('no')
err.stack = 'Error: no at /cache/program.js:9:1'
createLog('info', 'toy').warn({ err, error: err.stack, at: ['at /cache/program.js:9:1'] }, 'no')`
    const { err, error, at } = lastLineOf(code)
    assert.deepEqual(
      [err.stack, error, at],
      ['Error: no at src/toy.ts:4', 'Error: no at src/toy.ts:4', ['at src/toy.ts:4']],
    )
  })

  it('that finds no room on the disk does not end its process', {
    skip: !existsSync(FULL) && 'there is no /dev/full',
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'kassa-log-'))
    const file = join(directory, 'program.mjs')
    writeFileSync(file, program)
    const { command, args } = commandToRun(file)
    const stderr = openSync(FULL, 'w')
    const { stdout } = spawnSync(command, args, { stdio: ['ignore', 'pipe', stderr], encoding: 'utf8' })
    closeSync(stderr)
    rmSync(directory, { recursive: true })
    assert.equal(stdout, 'goes on\n')
  })
})
