/** The command `nats-context`: lets the NATS command line in, by a context that it finds by itself. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { OPERATOR, READER } from '../actors/broker-users.ts'
import { keyFileOf, publicKeyOf } from '../bus/broker-keys.ts'
import { serversOf, userIn } from '../bus/broker-url.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { readRunFile } from './run-file.ts'

/** The person at the terminal: `ask` resolves with yes or no. */
export type Terminal = { say: (line: string) => void; ask: (question: string) => Promise<boolean> }

const YES = '--yes'

/**
 * Writes the context `kassa` for the operator, or `kassa-reader` for who may only watch (`reader` among `words`), after
 * a question that `--yes` answers beforehand. Gives 1 when the answer is no. Throws a plain fault (2) for other words.
 */
export const natsContext = async (
  config: Config,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  { say, ask }: Terminal,
): Promise<ExitCode> => {
  const unknown = words.find(word => word !== READER && word !== YES)
  if (unknown !== undefined)
    throw plainFault(exitCodes.usage, `Cannot make a context of "${unknown}"; give ${READER} or nothing, and ${YES}`)

  const user = words.includes(READER) ? READER : OPERATOR
  const name = user === OPERATOR ? 'kassa' : 'kassa-reader'
  const file = join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'nats', 'context', `${name}.json`)
  const text = `${JSON.stringify(contextOf(config, user), null, 2)}\n`
  const there = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (there !== text) {
    say(`${there === undefined ? 'This is to be written to' : 'This is to be written over'} ${file}:\n${text}`)
    if (!words.includes(YES) && !(await ask('Write it? [y/N] '))) {
      say('Nothing was written')
      return exitCodes.failed
    }
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text, { mode: 0o600 })
  }
  say(`Try: nats --context ${name} sub '*.*.event.OrderConfirmed.>'`)
  return exitCodes.ok
}

/** The fields of a context file of the NATS command line that count here. */
const contextOf = (config: Config, user: string): Record<string, string> => {
  const url = config.natsUrl ?? readRunFile(config.dataDir)?.natsUrl ?? `nats://127.0.0.1:${config.natsPort}`
  const context = {
    description: `Kassa on ${config.dataDir}, as ${user}`,
    url: serversOf(url).join(','),
    inbox_prefix: `_INBOX_${user}`,
  }
  if (config.natsUrl === undefined) {
    publicKeyOf(config.dataDir, user)
    return { ...context, nkey: keyFileOf(config.dataDir, user) }
  }
  const { natsNkey, natsCreds, natsCa = '', natsCert = '', natsKey = '' } = config
  return { ...context, ...credentialsOf(), ca: natsCa, cert: natsCert, key: natsKey }

  function credentialsOf(): Record<string, string> {
    if (natsCreds !== undefined) return { creds: natsCreds }
    if (natsNkey !== undefined) return { nkey: natsNkey }
    const named = userIn(url)
    if (named) return { user: named.name, password: named.password }
    const own = keyFileOf(config.dataDir, user)
    return existsSync(own) ? { nkey: own } : {}
  }
}
