/** Checks of the logs: nothing lost, nothing twice, every cause true, every stream its log, every table what its log says. */
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import { verifyStore } from '../../src/actors/verify-store.ts'
import type { FinalState } from './final-state.ts'
import { type Fact, writesLetter } from './history.ts'
import { giveBackStore, openKeptStore } from './kept-stores.ts'

/** What is wrong with the logs, a line each. */
export const checkLogs = (state: FinalState): string[] => [
  ...ACTOR_NAMES.flatMap(actor => [
    ...verify(state, actor),
    ...checkStream(state, actor),
    ...checkCommandsOnce(state, actor),
    ...checkCauses(state, actor),
    ...checkCursors(state, actor),
    ...checkDefects(state, actor),
    ...checkTimes(state, actor),
  ]),
  ...checkNothingLost(state),
  ...checkIds(state),
]

const verify = ({ logs, settings, definitions }: FinalState, actor: ActorName): string[] => {
  const anew = openKeptStore(actor)
  const keys = openKeptStore('keys')
  const { faults } = verifyStore(definitions[actor], { actor, cell: 0 }, logs[actor].store, settings, anew, keys)
  giveBackStore(actor, anew)
  giveBackStore('keys', keys)
  return faults.map(fault => `verify ${actor}: ${fault}`)
}

const checkStream = ({ logs, loud, decided }: FinalState, actor: ActorName): string[] => {
  const { facts, streamChains } = logs[actor]
  if (loud && !decided) return []
  // Trimmed at its head a stream is still its log; what it holds must be the log's end.
  const expected = facts.slice(facts.length - streamChains.length).map(({ chain }) => chain)
  const same = streamChains.every(chain => chain !== undefined && facts.some(fact => fact.chain === chain))
  return same && streamChains.at(-1) === expected.at(-1) ? [] : [`the stream of ${actor} is not its log`]
}

/** Every command is decided once, as long as its id is kept; what was parked before is not a decision. */
const checkCommandsOnce = ({ logs }: FinalState, actor: ActorName): string[] => {
  const decided = new Map<string, number>()
  const faults: string[] = []
  for (const { type, headers, seq, at, data } of logs[actor].facts) {
    if (type === 'InboxTrimmed')
      for (const [id, then] of decided) if (then <= Date.parse(data.until)) decided.delete(id)
    if (headers.command === undefined || type === 'CommandParked') continue
    if (decided.has(headers.command)) faults.push(`${actor} carried ${headers.command} out twice, at ${seq}`)
    decided.set(headers.command, at)
  }
  return faults
}

const checkCauses = ({ logs, loud }: FinalState, actor: ActorName): string[] => {
  const faults: string[] = []
  const seen = new Set<string>()
  for (const { seq, headers } of logs[actor].facts) {
    const { cause } = headers
    if (!cause) continue
    // Who went back after an adoption answers the same number again, which is another entry then.
    if (seen.has(cause.chain)) faults.push(`${actor}/${seq} answers ${cause.source}/${cause.seq} again`)
    seen.add(cause.chain)
    const source = logs[cause.source.split('/')[0] as ActorName].facts[cause.seq - 1]
    if (source?.chain !== cause.chain && !loud)
      faults.push(
        `${actor}/${seq} answers ${cause.source}/${cause.seq}, which is another entry now, and nobody was told`,
      )
  }
  return faults
}

/** A cursor is in the store with the entry that moved it, never behind, unless it went back to where its source begins anew. */
const checkCursors = ({ logs }: FinalState, actor: ActorName): string[] => {
  const { store, facts } = logs[actor]
  const cursor = store.prepare<[string], number>('SELECT seq FROM cursors WHERE source = ?').pluck()
  const answered = new Map<string, number>()
  for (const { type, data, headers } of facts) {
    if (headers.cause)
      answered.set(headers.cause.source, Math.max(headers.cause.seq, answered.get(headers.cause.source) ?? 0))
    // What it answered beyond was given up by its source.
    if (type === 'WentBack') answered.set(data.source, data.seq)
  }
  return [...answered]
    .filter(([source, seq]) => (cursor.get(source) ?? 0) < seq)
    .map(([source, seq]) => `${actor} has answered ${source}/${seq}, and its cursor is at ${cursor.get(source) ?? 0}`)
}

const checkDefects = ({ logs }: FinalState, actor: ActorName): string[] =>
  logs[actor].facts
    .filter(({ type, data }) => type === 'DeadLettered' && data.reason === 'defect')
    .map(({ seq, data }) => `${actor}/${seq} is a dead letter for a bug: ${data.command}`)

/** Time in the log never goes back, however the clock was set (protocol, R10). */
const checkTimes = ({ logs }: FinalState, actor: ActorName): string[] => {
  const { facts } = logs[actor]
  return facts
    .filter(({ at }, index) => index > 0 && at < facts[index - 1]!.at)
    .map(({ seq }) => `${actor}/${seq} is older than the entry before it`)
}

/**
 * What was committed is there, unless no copy was left of it. A `Started` that nobody saw may be taken back; and of two
 * histories of which a person has to choose one, the other may be in the stream.
 */
const checkNothingLost = ({ logs, history, disputed }: FinalState): string[] => {
  const left = new Set(
    ACTOR_NAMES.flatMap(actor => [
      ...logs[actor].facts.map(({ chain }) => chain),
      ...(disputed.has(actor) ? logs[actor].streamChains : []),
    ]),
  )
  return history
    .facts()
    .filter(({ chain, type }) => !left.has(chain) && type !== 'Started' && !history.isDestroyed(chain))
    .map(({ actor, seq, type }) => `${actor}/${seq} ${type} was lost though there were copies`)
}

/** Ids that were given out, by what they name. */
const GIVEN: Record<string, (fact: Fact) => string | undefined> = {
  order: ({ type, data }) => (type === 'OrderCreated' ? data.order_id : undefined),
  user: ({ type, data }) => (type === 'UserCreated' ? String(data.user_id) : undefined),
  operation: ({ data }) => data.operation_id,
  message: fact => (writesLetter(fact) ? fact.data.message_id : undefined),
}

/**
 * No id names two things, also where the one was destroyed, if another actor has taken it in. Two owners at once may
 * give one out twice, each before it knows of the other; then somebody must have been told.
 */
const checkIds = ({ logs, history, disputed, twoOwners }: FinalState): string[] => {
  const faults: string[] = []
  const witnessed = new Set(
    ACTOR_NAMES.flatMap(actor => logs[actor].facts.map(({ headers }) => headers.cause?.chain)).filter(Boolean),
  )
  for (const [what, idOf] of Object.entries(GIVEN)) {
    const given = new Map<string, Fact>()
    for (const fact of history.facts()) {
      const id = idOf(fact)
      if (id === undefined || (history.isDestroyed(fact.chain) && !witnessed.has(fact.chain))) continue
      const other = given.get(id)
      // What a sender names itself it may send again, once the first was given up.
      const sentAgain = other && history.isDestroyed(other.chain) && !/^\d+$/.test(id)
      if (other && !sentAgain && !(disputed.has(fact.actor) && twoOwners.has(fact.actor)))
        faults.push(`${what} ${id} was given out twice: ${other.actor}/${other.seq} and ${fact.actor}/${fact.seq}`)
      given.set(id, fact)
    }
  }
  return faults
}
