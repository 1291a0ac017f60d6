/** Checks of the answers: what was acknowledged is there once and as it was said, and nothing is there that nobody asked for. */

import { minorOf } from './check-money.ts'
import { doubled, type Evidence, lost, type Violation, wrong } from './evidence.ts'
import type { CommandName } from './journal.ts'
import { type Request, replyOf } from './request.ts'
import { ACTORS, type ActorName, type LogEntry } from './store-copy.ts'

/**
 * How the requests came out. `queueLost` were accepted by a queue that was destroyed before it was worked off;
 * `setAside` are queued orders whose user did not come in the time that they may wait: dead letters, to be redriven.
 */
export type Tally = {
  acknowledged: number
  acknowledgedOrders: number
  refused: number
  unknown: number
  unknownDone: number
  queueLost: number
  setAside: number
  repeated: number
}

type Spec = {
  actor: ActorName
  does: string
  /** The fields of the reply that the entry must agree with. */
  says: readonly string[]
  isQueued?: boolean
}

const SPECS: Record<CommandName, Spec> = {
  CreateUser: { actor: 'order', does: 'UserCreated', says: ['user_id'] },
  CreateOrder: { actor: 'order', does: 'OrderCreated', says: ['order_id', 'user_id', 'product_id', 'quantity'] },
  CancelOrder: { actor: 'order', does: 'OrderCancelled', says: ['order_id'] },
  RefundOrder: { actor: 'order', does: 'OrderRefunded', says: ['order_id'] },
  PutMoney: { actor: 'billing', does: 'MoneyPut', says: ['balance'] },
  SendLetter: { actor: 'notification', does: 'LetterSent LetterQueued', says: ['message_id'] },
  RegisterUser: { actor: 'order', does: 'UserCreated NothingChanged', says: [], isQueued: true },
  PlaceOrder: { actor: 'order', does: 'OrderCreated NothingChanged', says: [], isQueued: true },
  Withdraw: { actor: 'billing', does: 'NothingChanged DeadLettered', says: [], isQueued: true },
}

/** Payments without a key are known by their amount: no two clients' payments from here on are the same. Minor units. */
export const KEYLESS_FROM_MINOR = 1_000_000

/** Entries that no client asks for. */
const OF_THEIR_OWN = new Set([
  'Started',
  'ProductChanged',
  'InboxTrimmed',
  'LetterSent',
  'LetterDelayed',
  'LetterFailed',
  'LetterSuppressed',
  'CommandRefused',
  'DeadLettered',
])

type Decided = { byCommand: Map<string, LogEntry[]>; byAmount: Map<number, LogEntry[]> }

export const checkAnswers = (evidence: Evidence): { violations: Violation[]; tally: Tally } => {
  const { story, stores } = evidence
  const tally = {
    acknowledged: 0,
    acknowledgedOrders: 0,
    refused: 0,
    unknown: 0,
    unknownDone: 0,
    queueLost: 0,
    setAside: 0,
    repeated: 0,
  }
  const decided = Object.fromEntries(ACTORS.map(actor => [actor, decidedIn(stores[actor].log)])) as Record<
    ActorName,
    Decided
  >
  const violations = story.requests.flatMap(request => {
    const { actor, isQueued } = SPECS[request.command]
    const entries = entriesOf(decided[actor], request)
    count(tally, request, entries)
    const isExcused = isQueued && request.answers.every(({ at }) => at <= story.queueDestroyedAt)
    if (isExcused && request.outcome === 'ok' && entries.length === 0) {
      tally.queueLost++
      return []
    }
    if (request.command === 'PlaceOrder' && isSetAside(entries)) {
      tally.setAside++
      return checkAgain(request)
    }
    return [...checkOnce(request, entries), ...checkAgain(request)]
  })
  return { violations: [...violations, ...checkUnasked(evidence)], tally }
}

const decidedIn = (log: LogEntry[]): Decided => {
  const decisions = log.filter(({ command, type }) => command !== undefined && type !== 'CommandParked')
  const payments = decisions.filter(
    ({ type, data }) => type === 'MoneyPut' && minorOf(data.amount) >= KEYLESS_FROM_MINOR,
  )
  return {
    byCommand: Map.groupBy(decisions, ({ command }) => command as string),
    byAmount: Map.groupBy(payments, ({ data }) => minorOf(data.amount)),
  }
}

// A key's scope is the caller, who is nobody in particular, and the command.
const commandIdOf = ({ command, key }: Request): string => `-/${command}/${key}`

const entriesOf = ({ byCommand, byAmount }: Decided, request: Request): LogEntry[] =>
  (request.key === null ? byAmount.get(minorOf(request.body.amount as string)) : byCommand.get(commandIdOf(request))) ??
  []

const isSetAside = ([entry, ...more]: LogEntry[]): boolean =>
  more.length === 0 && entry?.type === 'DeadLettered' && entry.data.reason === 'unknown_user'

const count = (tally: Tally, { outcome, command, answers }: Request, entries: LogEntry[]): void => {
  if (answers.length > 1) tally.repeated++
  if (outcome === 'ok') tally.acknowledged++
  if (outcome === 'ok' && command === 'CreateOrder') tally.acknowledgedOrders++
  if (outcome === 'fail') tally.refused++
  if (outcome !== 'unknown') return
  tally.unknown++
  if (entries.length > 0) tally.unknownDone++
}

/** Carried out once if it was acknowledged, not at all if it was refused, and at most once whatever its client knows. */
const checkOnce = (request: Request, entries: LogEntry[]): Violation[] => {
  const { name, command, outcome } = request
  const { does, says } = SPECS[command]
  const done = entries.filter(({ type }) => does.split(' ').includes(type))
  if (entries.length > 1)
    return [doubled(`${name} was decided ${entries.length} times: ${entries.map(({ type }) => type).join(', ')}`)]
  if (outcome === 'ok' && done.length === 0)
    return [lost(`${name} was acknowledged, and ${entries[0]?.type ?? 'nothing'} is there`)]
  if (outcome === 'fail' && done.length > 0) return [wrong(`${name} was refused, and ${done[0]!.type} is there`)]
  if (outcome !== 'ok') return []

  const reply = replyOf(request)
  const differing = says.filter(field => String(reply[field]) !== String(done[0]!.data[field]))
  return differing.map(field =>
    wrong(`${name} was told ${field} ${reply[field]}, and the log says ${done[0]!.data[field]}`),
  )
}

/** The same request gets the same answer to the byte; a no differs only by the id of the request that it answers. */
const checkAgain = ({ name, answers, othersAnswers }: Request): Violation[] => {
  const said = new Set(answers.map(({ status, text }) => `${status} ${text.replace(/"instance":"[^"]*"/, '')}`))
  const found = said.size > 1 ? [wrong(`${name} got different answers: ${[...said].join(' | ')}`)] : []
  const taken = othersAnswers.filter(({ text }) => !text.includes('"idempotency_key_reused"'))
  return [...found, ...taken.map(({ status }) => wrong(`${name}: its key was taken for another body, ${status}`))]
}

const checkUnasked = ({ story, stores }: Evidence): Violation[] => {
  const asked = new Set(story.requests.map(commandIdOf))
  const amounts = new Set(
    story.requests.filter(({ key }) => key === null).map(({ body }) => minorOf(body.amount as string)),
  )
  return ACTORS.flatMap(actor =>
    stores[actor].log.flatMap(({ seq, type, command, cause, data }) => {
      if (cause && !command) return []
      const known =
        command === undefined
          ? OF_THEIR_OWN.has(type)
          : asked.has(command) || (type === 'MoneyPut' && amounts.has(minorOf(data.amount)))
      return known ? [] : [wrong(`${actor}/${seq} ${type} is there, and nobody asked for it (${command})`)]
    }),
  )
}
