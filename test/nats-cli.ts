/** The real NATS CLI, where there is one; a test builds none (decision 0032). */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const VERSION = '0.4.0'

const cached = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kassa', 'nats-cli', VERSION)

/** The program, or `undefined`. */
export const natsCli = [
  process.env.NATS_CLI_BIN,
  join(cached, 'nats'),
  ...(process.env.PATH ?? '').split(delimiter).map(directory => join(directory, 'nats')),
].find(file => file && existsSync(file) && isNatsCli(file))

/** Why a test of it is skipped; `false` where it is not. */
export const lackingNatsCli =
  natsCli === undefined &&
  `not shown: there is no nats CLI; GOBIN=${cached} go install github.com/nats-io/natscli/nats@v${VERSION} builds one`

function isNatsCli(file: string): boolean {
  // A nats of another kind knows no `req`.
  return spawnSync(file, ['req', '--help'], { timeout: 30_000 }).status === 0
}
