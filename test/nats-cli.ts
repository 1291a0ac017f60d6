/** The real NATS CLI, where there is one; the run of all tests builds it where Go is (docs/decisions/0032). */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { NATS_CLI } from '../scripts/testing/go-tools.ts'

/** The program, or `undefined`. */
export const natsCli = [
  process.env.NATS_CLI_BIN,
  NATS_CLI.file,
  ...(process.env.PATH ?? '').split(delimiter).map(directory => join(directory, 'nats')),
].find(file => file && existsSync(file) && isNatsCli(file))

/** Why a test of it is skipped; `false` where it is not. */
export const lackingNatsCli =
  natsCli === undefined && `not shown: there is no nats CLI (${process.env[NATS_CLI.lacking] ?? 'none was built'})`

function isNatsCli(file: string): boolean {
  // A nats of another kind knows no `req`.
  return spawnSync(file, ['req', '--help'], { timeout: 30_000 }).status === 0
}
