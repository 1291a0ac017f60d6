/** `npm start -- keys`: makes, lists and revokes keys. */
import { parseArgs } from 'node:util'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import {
  boundUser,
  hashOf,
  isActive,
  type KeptKey,
  keyName,
  makeKey,
  OPERATOR_NAME,
  ROLES,
  type Role,
} from './access-key.ts'
import { changeKeys, keyFileIn, readKeys } from './key-file.ts'

const KEYS_USAGE = `Usage: npm start -- keys create --role ${ROLES.join('|')} [--user <id>] [--name <name>] [--expires <days>d|<date>]
       npm start -- keys list
       npm start -- keys revoke <id>
  --role     operator: everything; client: the document's operations, and what can be read under /v1
  --user     a client for this user's things alone
  --name     who it is in the log; a new key of the same name goes on where the old one ended
  --expires  30d, or 2027-01-31, or 2027-01-31T12:00:00Z; without it a key is good until it is revoked`

const DAY_MS = 86_400_000

type Ports = { dataDir: string; now: () => number; print: (line: string) => void; explain: (line: string) => void }

/** Runs one of them. `print` gets what a script may read, `explain` what is for people. */
export const runKeys = (words: string[], ports: Ports): ExitCode => {
  const [what = '', ...rest] = words
  if (what === 'create') return create(rest, ports)
  if (what === 'list' && rest.length === 0) return list(ports)
  if (what === 'revoke' && rest.length === 1) return revoke(rest[0] as string, ports)
  throw plainFault(exitCodes.usage, KEYS_USAGE)
}

const create = (words: string[], { dataDir, now, print, explain }: Ports): ExitCode => {
  const { role, user, name, expires } = readWish(words, now())
  const { id, text } = makeKey()
  const key: KeptKey = {
    id,
    name: name ?? id,
    role,
    ...(user === undefined ? {} : { user }),
    hash: hashOf(text),
    created: momentOf(now()),
    ...(expires === undefined ? {} : { expires }),
  }
  let isFirst = false
  changeKeys(keyFileIn(dataDir), keys => {
    isFirst = keys.length === 0
    refuseOtherOwner(keys, key)
    return [...keys, key]
  })
  print(text)
  explain(`Key ${id} (${describe(key)}). It is not kept and not shown again. A client sends it as`)
  explain('  Authorization: Bearer kassa_…')
  if (isFirst) explain('It is the first one: from now on nobody is let in without a key, also on this machine.')
  return exitCodes.ok
}

const list = ({ dataDir, now, print, explain }: Ports): ExitCode => {
  const keys = readKeys(keyFileIn(dataDir)) ?? []
  if (keys.length === 0) explain('There are no keys: Kassa serves this machine alone, and asks nobody for one.')
  for (const key of keys) print(`${key.id}  ${stateOf(key, now()).padEnd(8)}  ${describe(key)}; made ${key.created}`)
  return exitCodes.ok
}

const revoke = (id: string, { dataDir, now, explain }: Ports): ExitCode => {
  let found: KeptKey | undefined
  changeKeys(keyFileIn(dataDir), keys => {
    found = keys.find(key => key.id === id)
    if (!found) throw plainFault(exitCodes.failed, 'There is no such key; npm start -- keys list shows them all')
    const revoked = found.revoked ?? momentOf(now())
    return keys.map(key => (key.id === id ? { ...key, revoked } : key))
  })
  explain(
    found?.revoked ? `Key ${id} was revoked before` : `Key ${id} is revoked; within a second nobody is let in by it`,
  )
  return exitCodes.ok
}

type Wish = { role: Role; user: string | undefined; name: string | undefined; expires: string | undefined }

const readWish = (words: string[], nowMs: number): Wish => {
  const { role = '', user, name, expires } = optionsIn(words)
  if (!isRole(role)) throw usage(`--role should be one of: ${ROLES.join(', ')}`)
  if (user !== undefined && role !== 'client') throw usage('--user goes with --role client')
  if (user !== undefined && !boundUser.safeParse(user).success)
    throw usage('--user should be the id of a user: 1 to 64 of the characters A-Z a-z 0-9 _ -')
  if (name === OPERATOR_NAME && role !== 'operator') throw usage(`--name ${name} is an operator's`)
  if (name !== undefined && !keyName.safeParse(name).success)
    throw usage('--name should be 1 to 40 of the characters a-z 0-9 . _ -, the first a letter or digit')
  return { role, user, name, expires: expires === undefined ? undefined : momentIn(expires, nowMs) }
}

const optionsIn = (words: string[]): { role?: string; user?: string; name?: string; expires?: string } => {
  const option = { type: 'string' } as const
  try {
    return parseArgs({ args: words, options: { role: option, user: option, name: option, expires: option } }).values
  } catch (fault) {
    throw usage((fault as Error).message)
  }
}

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

const momentIn = (text: string, nowMs: number): string => {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? []
  const ms = days === undefined ? dateIn(text) : nowMs + Number(days) * DAY_MS
  if (!(ms > nowMs)) throw usage('--expires should be a time to come: 30d, 2027-01-31 or 2027-01-31T12:00:00Z')
  return momentOf(ms)
}

const dateIn = (text: string): number =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN

const momentOf = (ms: number): string => new Date(ms).toISOString()

// Who has the name of another could ask for the replies that the other got.
const refuseOtherOwner = (keys: KeptKey[], { name, role, user }: KeptKey): void => {
  const other = keys.find(key => key.name === name && (key.role !== role || key.user !== user))
  if (other) throw plainFault(exitCodes.failed, `The name ${name} belongs to key ${other.id} (${describe(other)})`)
}

const describe = ({ role, user, name, expires }: KeptKey): string =>
  [
    `${role} ${name}`,
    ...(user === undefined ? [] : [`user ${user} alone`]),
    ...(expires ? [`until ${expires}`] : []),
  ].join(', ')

const stateOf = (key: KeptKey, nowMs: number): string =>
  isActive(key, nowMs) ? 'active' : key.revoked === undefined ? 'expired' : 'revoked'

const usage = (detail: string) => plainFault(exitCodes.usage, `Cannot make a key: ${detail}\n${KEYS_USAGE}`)
