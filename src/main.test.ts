/** The command line: what is printed, and what the process ends with. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { commandFor } from './processes/runtime.ts'

function run(words: string[], env: Record<string, string> = {}) {
  const { command, args } = commandFor(words)
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 30_000,
  })
  return { status, stdout, stderr }
}

describe('command line', () => {
  it('prints the version', () => {
    const { status, stdout } = run(['version'])
    assert.deepEqual([status, /^kassa \d+\.\d+\.\d+ \((Node|Deno|Bun) /.test(stdout)], [0, true])
  })

  it('prints every subcommand and every variable with --help', () => {
    const { status, stdout } = run(['--help'])
    assert.equal(status, 0)
    for (const word of ['start', 'actor', 'gateway', 'verify', 'version', 'KASSA_PORT', 'NATS_URL'])
      assert.ok(stdout.includes(word), word)
  })

  it('prints the line of a subcommand with --help after it', () => {
    const { status, stdout } = run(['actor', '--help'])
    assert.deepEqual(
      [status, stdout.split('\n')[0]],
      [0, 'Usage: npm start -- actor <order|billing|notification|webhook>'],
    )
  })

  const wrong: [string[], RegExp][] = [
    [['gatway'], /Cannot run "gatway"; did you mean gateway\?/],
    [['frobnicate'], /give one of: start, actor/],
    [['actor'], /Cannot run actor ""; give one of: order/],
    [['actor', 'shop'], /Cannot run actor "shop"/],
    [['version', 'now'], /version takes no "now"/],
  ]
  for (const [words, message] of wrong) {
    it(`ends with 2 at "${words.join(' ')}", on stderr and with no stack`, () => {
      const { status, stdout, stderr } = run(words)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, message)
      assert.doesNotMatch(stderr, /\n\s+at /)
    })
  }

  it('ends with 78 and all faults at bad configuration', () => {
    const { status, stderr } = run(['start'], { KASSA_HOST: 'a b', KASSA_PORT: 'x' })
    assert.equal(status, 78)
    assert.match(stderr, /KASSA_HOST: got "a b"/)
    assert.match(stderr, /KASSA_PORT: got "x"/)
  })

  for (const part of ['start', 'gateway'])
    it(`${part} ends with 78 on an address of elsewhere without a key, and says the ways out`, () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'kassa-main-'))
      const { status, stderr } = run([part], { KASSA_HOST: '0.0.0.0', KASSA_DATA: dataDir })
      rmSync(dataDir, { recursive: true })
      assert.equal(status, 78)
      assert.match(stderr, /keys create --role operator[\s\S]*KASSA_TLS_CERT[\s\S]*KASSA_HOST=127\.0\.0\.1/)
    })
})
