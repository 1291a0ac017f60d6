/** The command `dead-letters`: list, show, redrive, discard, by the HTTP interface of the Kassa that runs. */
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import type { deadLetter, Page } from '../actors/kernel/kernel-contract.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { DEAD_LETTER_OPTIONS, DEAD_LETTER_WORDS } from './dead-letter-words.ts'
import { type RunningGateway, runningGateway } from './running-gateway.ts'

type Say = (line: string) => void
type DeadLetter = z.infer<typeof deadLetter>

/** `say` is for what was asked, `warn` for what somebody should know besides. */
export type Terminal = { say: Say; warn: Say }

/** A word for every dead letter that waits. */
const ALL = 'all'
const STATUSES = ['waiting', 'redriven', 'discarded']

type Wish = {
  verb: 'list' | 'show' | 'redrive' | 'discard'
  id: string
  status: string | undefined
  body: Record<string, unknown> | undefined
  dryRun: boolean
  by: string | undefined
  keyFile: string | undefined
}

/**
 * Gives 0 when all was done, 1 when an actor said no. Throws a plain fault of 2 for wrong words, and of 69 where no Kassa
 * runs on the data or an actor is missing in the list.
 */
export const deadLetters = async (config: Config, words: string[], { say, warn }: Terminal): Promise<ExitCode> => {
  const wish = readWish(words)
  const gateway = runningGateway(config, wish.keyFile ?? config.operatorKeyFile)
  if (wish.verb === 'list') {
    const { letters, silent } = await lettersOf(gateway, wish.status)
    for (const letter of letters) say(lineOf(letter))
    if (letters.length === 0) say(`There are no dead letters${wish.status ? ` that are ${wish.status}` : ''}`)
    return orSilent(silent)
  }
  if (wish.verb === 'redrive' && wish.id === ALL) return settleAll(gateway, wish, { say, warn })
  if (wish.verb === 'discard' && wish.id === ALL) return settleAll(gateway, wish, { say, warn })
  if (wish.verb === 'show' || wish.dryRun) return showOne(gateway, wish, { say, warn })
  return settle(gateway, wish, wish.id, { say, warn })
}

// ---- what is wished

const readWish = (words: string[]): Wish => {
  const { values, positionals } = parsed(words)
  const [verb, id, ...more] = positionals
  if (verb !== 'list' && verb !== 'show' && verb !== 'redrive' && verb !== 'discard')
    throw usage(verb === undefined ? 'Give what to do with the dead letters' : `Cannot "${verb}" dead letters`)
  if (verb === 'list' ? id !== undefined : more.length > 0) throw usage(`${verb} takes no "${more[0] ?? id}"`)
  if (verb !== 'list' && id === undefined) throw usage(`${verb} needs the id of a dead letter, like order-0-17`)
  if (verb === 'show' && id === ALL) throw usage('show needs one id; list shows all')
  if (values.body !== undefined && (verb !== 'redrive' || id === ALL))
    throw usage('--body goes with redrive and one id')
  if (values.status !== undefined && (verb !== 'list' || !STATUSES.includes(values.status)))
    throw usage(`--status goes with list, and is one of: ${STATUSES.join(', ')}`)
  const body = values.body === undefined ? undefined : bodyIn(values.body)
  return {
    verb,
    id: id ?? '',
    status: values.status,
    body,
    dryRun: values['dry-run'],
    by: values.by ?? nameHere(),
    keyFile: values['key-file'],
  }
}

const parsed = (words: string[]) => {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        status: { type: 'string' },
        body: { type: 'string' },
        by: { type: 'string' },
        'key-file': { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    })
  } catch (fault) {
    throw usage((fault as Error).message)
  }
}

const bodyIn = (text: string): Record<string, unknown> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (fault) {
    throw usage(`--body is no JSON: ${(fault as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw usage('--body should be a JSON object')
  return value as Record<string, unknown>
}

const nameHere = (): string | undefined => {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number that has no name.
    return undefined
  }
}

const usage = (message: string) =>
  plainFault(
    exitCodes.usage,
    `${message}\nUsage: npm start -- dead-letters ${DEAD_LETTER_WORDS}\n${DEAD_LETTER_OPTIONS}`,
  )

// ---- what is there

const lettersOf = async (
  gateway: RunningGateway,
  status: string | undefined,
): Promise<{ letters: DeadLetter[]; silent: string | undefined }> => {
  const letters: DeadLetter[] = []
  const narrowed = status === undefined ? '' : `&status=${status}`
  let silent: string | undefined
  let cursor: string | null = ''
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`
    const answer = await gateway.get<Page<DeadLetter>>(`/v1/dead-letters?limit=100${narrowed}${from}`)
    if (!answer.ok) throw plainFault(exitCodes.failed, `Cannot list the dead letters: ${answer.problem.detail}`)
    letters.push(...answer.value.items)
    silent ??= answer.unanswered
    cursor = answer.value.next_cursor
  }
  return { letters, silent }
}

const orSilent = (silent: string | undefined): ExitCode => {
  if (silent === undefined) return exitCodes.ok
  throw plainFault(exitCodes.unavailable, `${silent} does not answer: its dead letters are not among these; try again`)
}

const lineOf = ({ dead_letter_id, status, command, reason, detail, attempts, created_at }: DeadLetter): string =>
  `${dead_letter_id}  ${status}  ${command}  ${reason}: ${detail}  (attempts: ${attempts}, ${created_at})`

// ---- what is done

const showOne = async (gateway: RunningGateway, wish: Wish, { say, warn }: Terminal): Promise<ExitCode> => {
  const { letters, silent } = await lettersOf(gateway, undefined)
  const letter = letters.find(({ dead_letter_id }) => dead_letter_id === wish.id)
  if (!letter) {
    orSilent(silent)
    warn(`There is no dead letter ${wish.id}`)
    return exitCodes.failed
  }
  if (wish.verb === 'show') say(JSON.stringify(letter, null, 2))
  else if (letter.status === 'waiting') say(`Would ${wish.verb} ${lineOf(letter)}`)
  else warn(`${wish.id} was ${letter.status} already`)
  return wish.verb === 'show' || letter.status === 'waiting' ? exitCodes.ok : exitCodes.failed
}

/** Those that wait now, the oldest first: what fails again is a new dead letter, and not among them. */
const settleAll = async (gateway: RunningGateway, wish: Wish, terminal: Terminal): Promise<ExitCode> => {
  const { letters, silent } = await lettersOf(gateway, 'waiting')
  let code: ExitCode = exitCodes.ok
  for (const letter of letters.reverse()) {
    if (wish.dryRun) terminal.say(`Would ${wish.verb} ${lineOf(letter)}`)
    else if ((await settle(gateway, wish, letter.dead_letter_id, terminal)) !== exitCodes.ok) code = exitCodes.failed
  }
  if (letters.length === 0) terminal.say('No dead letter waits')
  orSilent(silent)
  return code
}

const settle = async (
  gateway: RunningGateway,
  { verb, body, by }: Wish,
  id: string,
  { say, warn }: Terminal,
): Promise<ExitCode> => {
  const path = `/v1/dead-letters/${encodeURIComponent(id)}/${verb}`
  const answer = await gateway.post<{ status: string }>(path, { body, by })
  if (answer.ok) say(`${id} ${answer.value.status}`)
  else warn(`${id}: ${answer.problem.detail}`)
  return answer.ok ? exitCodes.ok : exitCodes.failed
}
