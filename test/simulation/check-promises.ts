/** Checks of what was promised: every answer is in a log once, the same key gets the same answer, no queued command is lost. */
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import { ANYBODY, commandId } from '../../src/bus/command-id.ts'
import { traceIdOf } from './asking.ts'
import type { Promised } from './clients.ts'
import type { FinalState } from './final-state.ts'
import type { Fact } from './history.ts'
import type { Sent } from './queue-senders.ts'

/** Which promises were broken, a line each. */
export const checkPromises = (state: FinalState): string[] => [
  ...checkAnswers(state),
  ...checkSameAnswers(state),
  ...checkReusedKeys(state),
  ...checkWishesOnce(state),
  ...checkQueue(state),
  ...checkMismatches(state),
]

/** The wish as a log names it, and as a fault tells it. */
const idOf = ({ wish }: Promised): string => commandId(ANYBODY, wish.name, wish.key ?? `keyless-${wish.number}`)

/** Whether an entry answers a wish: under its key, or, where the client knows none, under the trace of its request. */
const answers = ({ wish }: Promised): ((fact: Fact) => boolean) => {
  const id = commandId(ANYBODY, wish.name, wish.key ?? '')
  const trace = traceIdOf(wish)
  return fact => {
    const { command } = fact.headers
    if (fact.actor !== wish.actor || command === undefined) return false
    return wish.key === undefined ? fact.trace === trace && command.startsWith(id) : command === id
  }
}

/** Entries of commands that no copy is left of, or that lie in the one of two histories that a person may yet choose. */
const goneEntries = ({ history, logs, disputed }: FinalState): Fact[] => {
  const elsewhere = new Set(ACTOR_NAMES.flatMap(actor => (disputed.has(actor) ? logs[actor].streamChains : [])))
  for (const { chain } of ACTOR_NAMES.flatMap(actor => logs[actor].facts)) elsewhere.delete(chain)
  return history
    .facts()
    .filter(
      ({ chain, headers }) => headers.command !== undefined && (history.isDestroyed(chain) || elsewhere.has(chain)),
    )
}

/** What was answered stands in the log with that answer. */
const checkAnswers = (state: FinalState): string[] => {
  const faults: string[] = []
  const gone = goneEntries(state)
  for (const one of state.promised) {
    const { wish, answer } = one
    const id = idOf(one)
    if (gone.some(answers(one))) continue
    const entries = state.logs[wish.actor].facts.filter(answers(one))
    const said = entries.map(
      ({ headers }) => JSON.parse(headers.reply ?? '{}') as { ok?: unknown; no?: { code: string } },
    )
    if ('no' in answer) {
      // A no is kept where the client gave the key.
      if (wish.key !== undefined && !said.some(({ no }) => no?.code === answer.no))
        faults.push(`${id} was answered no: ${answer.no}, and the log does not say so`)
      // An attempt that came late, or another owner, may have carried out what was refused before.
      if (wish.key === undefined && entries.length > 0 && !said.some(({ ok }) => ok !== undefined))
        faults.push(`${id} was refused without a key, and yet the log remembers it`)
      continue
    }
    if (NOTHING_TO_SAY.has(wish.name) && wish.key === undefined && entries.length === 0) continue
    if (!said.some(({ ok }) => isSaid(ok, answer.reply)))
      faults.push(`${id} was answered ${answer.reply}, and the log says ${JSON.stringify(said)}`)
  }
  return faults
}

/** Whether a reply has all that the log says of it; what comes of a second question may be there besides. */
const isSaid = (ok: unknown, reply: string): boolean => {
  if (typeof ok !== 'object' || ok === null) return false
  const shown = JSON.parse(reply) as Record<string, unknown>
  return Object.entries(ok).every(([name, value]) => JSON.stringify(shown[name]) === JSON.stringify(value))
}

/**
 * Commands that may find their wish fulfilled; without a key of the client's own that leaves nothing in the log. Their
 * reply also tells how things stand.
 */
const NOTHING_TO_SAY = new Set(['SubscribeQueue'])

const checkSameAnswers = (state: FinalState): string[] => {
  const faults: string[] = []
  const gone = goneEntries(state)
  const keyed = state.promised.filter(({ wish }) => wish.key !== undefined && !NOTHING_TO_SAY.has(wish.name))
  for (const [id, all] of Map.groupBy(keyed, idOf)) {
    if (gone.some(answers(all[0]!))) continue
    const said = new Set(all.map(({ answer }) => JSON.stringify(answer)))
    if (said.size > 1) faults.push(`${id} was answered in two ways: ${[...said].join(' and ')}`)
  }
  return faults
}

/**
 * A key that had another body before is refused. Two owners may have made a key of fingerprints each, on keys files of
 * their own: whoever has the one that stays can't compare what was written down under the other. It says so (`degraded`),
 * and answers as before.
 */
const checkReusedKeys = (state: FinalState): string[] => {
  const gone = goneEntries(state)
  return state.carriedOutAnew
    .filter(one => !gone.some(answers(one)) && !state.lackedKeys.has(one.wish.actor))
    .map(one => `${idOf(one)} was asked with another body, and answered ${JSON.stringify(one.answer)}`)
}

/** However often a wish was sent, and by whatever key, one thing came of it at the most. */
const checkWishesOnce = (state: FinalState): string[] => {
  const carriedOut = ACTOR_NAMES.flatMap(actor => state.logs[actor].facts).filter(
    ({ headers, type }) => ASKED.has(nameIn(headers.command)) && type !== 'CommandRefused',
  )
  return [...Map.groupBy(carriedOut, ({ actor, headers, trace }) => `${actor} ${nameIn(headers.command)} ${trace}`)]
    .filter(([, facts]) => new Set(facts.map(({ headers }) => headers.command)).size > 1)
    .map(([wish, facts]) => `one wish was carried out under ${facts.length} keys: ${wish}`)
}

/** What is asked and answered. A nameless command in the queue may lie there twice. */
const ASKED = new Set(['CreateUser', 'PutMoney', 'CreateOrder', 'SubscribeQueue', 'CancelOrder', 'RefundOrder'])

const nameIn = (command: string | undefined): string => command?.split('/')[1] ?? ''

/** What the broker accepted was carried out or is a dead letter. */
const checkQueue = (state: FinalState): string[] => {
  if (state.loud) return []
  const destroyed = state.history.destroyed()
  const faults: string[] = []
  for (const one of state.sent) {
    const ids = [one.id, ...[...state.delivered].filter(([, number]) => number === one.number).map(([id]) => id)]
    const names = ({ headers: { command } }: Fact): boolean =>
      command !== undefined && ids.includes(command.split('#')[0])
    if (!one.accepted || one.lost || state.logs[one.actor].facts.some(names) || isFulfilled(state, one)) continue
    if (destroyed.some(fact => names(fact) || isAbout(one, fact.data))) continue
    faults.push(`queued ${one.name} ${ids.filter(Boolean).join(' or ')} is nowhere: ${JSON.stringify(one.body)}`)
  }
  return faults
}

/** Whether the wish was fulfilled already, which leaves nothing in the log. */
const isFulfilled = ({ logs }: FinalState, { actor, name, body }: Sent): boolean => {
  const has = (sql: string, key: unknown): boolean => logs[actor].store.prepare(sql).get(key) !== undefined
  if (name === 'RegisterUser') return has('SELECT 1 FROM users WHERE user_id = ?', body.user_id)
  if (name === 'PlaceOrder') return has('SELECT 1 FROM orders WHERE order_id = ?', body.order_id)
  return has("SELECT 1 FROM charges WHERE order_id = ? AND outcome = 'withdrawn'", body.order_id)
}

const isAbout = ({ body }: Sent, data: { order_id?: unknown; user_id?: unknown }): boolean =>
  (body.order_id !== undefined && body.order_id === data.order_id) ||
  (body.user_id !== undefined && body.user_id === data.user_id)

/** A command is told to have other content than its id had before only where its sender really used the id twice. */
const checkMismatches = ({ logs, sent }: FinalState): string[] =>
  ACTOR_NAMES.flatMap(actor => logs[actor].facts)
    .filter(({ type, headers }) => type === 'DeadLettered' && headers.command?.includes('#'))
    .filter(({ headers }) => {
      const id = headers.command?.slice(0, headers.command.lastIndexOf('#'))
      return new Set(sent.filter(one => one.id === id).map(({ body }) => JSON.stringify(body))).size < 2
    })
    .map(
      ({ actor, seq, headers }) =>
        `${actor}/${seq} says that ${headers.command} had other content before, and it had not`,
    )
