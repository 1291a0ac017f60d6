/** Schemathesis as a judge from outside: requests that somebody else's program makes of `/openapi.json` of a real Kassa. */
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, fillOnce } from '../../bin/cache.js'
import { runProgram } from '../../test/client-tools.ts'
import { expecting, send } from '../../test/http-client.ts'
import { newDataDir } from '../../test/kassa-command.ts'
import { startKassa } from '../../test/kassa-under-test.ts'
import { readVerdict, type Verdict } from './schemathesis-report.ts'

/** Schemathesis and all that it needs, each by version and hashes. */
const LOCK = join(import.meta.dirname, 'schemathesis.txt')

const IS_WINDOWS = process.platform === 'win32'
const OWN_PYTHON = IS_WINDOWS ? join('Scripts', 'python.exe') : join('bin', 'python')

/** Schemathesis needs 3.10. */
const IS_NEW_ENOUGH = 'import sys, venv; sys.exit(sys.version_info < (3, 10))'

/**
 * Nobody is to be sent anything: what names the URL of a webhook is left to our own requests (test/fuzz). There is one
 * webhook, at a port where nobody listens, for the rest.
 */
const NAMING_A_URL = ['CreateWebhook', 'ChangeWebhook']
const NOBODY = 'http://127.0.0.1:9/'
/** It would wait for the end of what has none. */
const ENDLESS = 'FollowEvents'

export type Judged = { shown: true; verdict: Verdict } | { shown: false; why: string }

/** Has it send up to `examples` made-up requests to each operation, beside those at the edges of each schema. */
export const judgeBySchemathesis = async (examples: number, seed: number): Promise<Judged> => {
  const python = await pythonWithSchemathesis()
  if ('lacks' in python) return { shown: false, why: python.lacks }

  const place = newDataDir()
  const key = randomBytes(33).toString('base64url')
  writeFileSync(join(place, 'key'), key)
  const kassa = await startKassa({
    env: { KASSA_OPERATOR_KEY_FILE: join(place, 'key'), KASSA_RATE_LIMIT: '0', KASSA_SETTLE_WAIT_MS: '300' },
  })
  try {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const webhook = { url: NOBODY, events: ['OrderConfirmed'] }
    await expecting(201, send(kassa.url, 'POST', '/v1/webhooks', { headers, body: webhook }))
    const report = join(place, 'report.ndjson')
    const words = [
      ...['-m', 'schemathesis.cli', 'run', `${kassa.url}/openapi.json`, '--header', `Authorization: Bearer ${key}`],
      ...[...NAMING_A_URL, ENDLESS].flatMap(name => ['--exclude-operation-id', name]),
      ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--no-shrink'],
      ...['--max-examples', String(examples), '--seed', String(seed)],
      ...['--report', 'ndjson', '--report-ndjson-path', report],
    ]
    const { code, stdout, stderr } = await runProgram(python.program, words, place)
    // 1 tells of findings; beyond it, it has not come to its end.
    if (code !== 0 && code !== 1) throw new Error(`Schemathesis ended with ${code}:\n${stdout.slice(-2000)}${stderr}`)
    return { shown: true, verdict: readVerdict(readFileSync(report, 'utf8')) }
  } finally {
    await kassa.stop()
  }
}

/** Made once for each lock, in the cache. */
const pythonWithSchemathesis = async (): Promise<{ program: string } | { lacks: string }> => {
  const base = ['python3', 'python'].find(name => spawnSync(name, ['-c', IS_NEW_ENOUGH]).status === 0)
  if (base === undefined) return { lacks: 'there is no Python of 3.10 or later' }

  const lock = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 12)
  const home = join(cacheDir(), 'schemathesis', lock)
  const program = join(home, OWN_PYTHON)
  try {
    await fillOnce(
      home,
      () => existsSync(program),
      async (directory: string) => {
        await run(base, ['-m', 'venv', directory])
        const install = [
          'install',
          '--quiet',
          '--disable-pip-version-check',
          '--require-hashes',
          '--no-deps',
          '-r',
          LOCK,
        ]
        await run(join(directory, OWN_PYTHON), ['-m', 'pip', ...install])
      },
    )
  } catch (fault) {
    return { lacks: `Schemathesis cannot be installed here: ${(fault as Error).message}` }
  }
  return { program }
}

const run = async (program: string, words: string[]): Promise<void> => {
  const { code, stderr } = await runProgram(program, words, import.meta.dirname)
  if (code !== 0)
    throw new Error(`${words.slice(0, 3).join(' ')} ended with ${code}: ${stderr.trim().split('\n').at(-1)}`)
}
