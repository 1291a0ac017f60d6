/** The log goes where stderr goes, which may be a file on a full disk. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
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

describe('the log', () => {
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
