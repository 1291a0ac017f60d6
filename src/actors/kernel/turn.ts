/** One turn: every waiting message in one transaction; replies, publishes and acks leave only after its commit. */
import type { Refusal } from '../../bus/problem.ts'
import { readTrace } from '../../bus/trace.ts'
import { type AfterCommit, nothingMore } from './after-commit.ts'
import { createCommandStep } from './command-step.ts'
import { type Core, LogDamaged } from './core.ts'
import { createEventStep } from './event-step.ts'
import type { Item, OwnItem } from './mailbox.ts'
import { createQueuedSteps } from './queued-step.ts'
import { isFull, isOutcomeUnknown, StoreDamaged } from './store.ts'

/** What the turn tells those around it. */
export type TurnPorts = {
  /** Entries were committed. */
  committed: () => void
  /** An effect has told what changes nothing. */
  told: () => void
  /** There is no room on the disk: these items keep until it is tried again; commands among them were refused. */
  full: (items: Item[]) => void
  /** Whether a commit happened can't be known, or the log is damaged: the process must start over from its store. */
  fatal: (error: Error) => void
  /** A bug showed; `what` names the message without its content, `trace` what it is a step of. */
  defect: (what: string, error: unknown, trace: string | undefined) => void
}

const FULL: Refusal = {
  code: 'unavailable',
  detail: 'there is no room on the disk at present; the same request may be sent again',
}
const INTERNAL: Refusal = { code: 'internal', detail: 'the request could not be carried out; nothing was changed' }

/** Why a transaction was undone. */
type Undone = { error: unknown }

const isDefect = (error: unknown): boolean =>
  !isFull(error) && !isOutcomeUnknown(error) && !(error instanceof LogDamaged) && !(error instanceof StoreDamaged)

/** The turn of `core`. What it is given is handled in order; it never throws. It tells whether entries were committed. */
export const createTurn = (core: Core, ports: TurnPorts): ((items: Item[]) => boolean) => {
  const commandStep = createCommandStep(core)
  const queuedSteps = createQueuedSteps(core)
  const eventStep = createEventStep(core)

  const step = (item: Item): AfterCommit => {
    switch (item.kind) {
      case 'command':
        return commandStep(item)
      case 'queued':
        return queuedSteps.take(item)
      case 'waiting':
        return queuedSteps.takeUp(item)
      case 'event':
        return eventStep.take(item)
      case 'skip':
        return eventStep.skip(item)
      case 'own':
        return takeOwn(item)
      case 'trim':
        return trim(item.until)
    }
  }

  const takeOwn = ({ name, body, after }: OwnItem): AfterCommit => {
    const decision = core.behaviour.own?.[name]?.(body, core.facts())
    if (decision?.kind !== 'event') {
      // Nothing was written, and yet the effect that told it may be due again.
      return () => {
        after()
        ports.told()
      }
    }
    const { event, follows } = decision
    core.append(event, {}, follows === undefined ? undefined : core.traceAfter(follows))
    return after
  }

  const trim = (until: number): AfterCommit => {
    if (core.tables.inbox.hasOlderThan(until))
      core.append({ type: 'InboxTrimmed', data: { until: new Date(until).toISOString() } }, {}, undefined)
    return nothingMore
  }

  const turn = (items: Item[]): void => {
    const undone = commit(items)
    if (!undone) return
    if (!isDefect(undone.error)) return failed(items, undone.error)
    // A defect in one message must not hold up the others: each on its own, and the one that fails is set aside.
    for (const [index, item] of items.entries()) {
      const undone = handleAlone(item)
      // What comes after it keeps its place behind it: events are taken in in their order.
      if (undone) return failed(items.slice(index), undone.error)
    }
  }

  /** Handles `items` in one transaction; gives what undid it. */
  const commit = (items: Item[]): Undone | undefined => {
    const before = core.log.head()
    let afterCommit: AfterCommit[]
    try {
      afterCommit = core.transaction(() => items.map(step))
    } catch (error) {
      return { error }
    }
    for (const run of afterCommit) run()
    if (core.log.head() > before) ports.committed()
    return undefined
  }

  const handleAlone = (item: Item): Undone | undefined => {
    const undone = commit([item])
    if (!undone || !isDefect(undone.error)) return undone
    const { error } = undone
    ports.defect(describe(item), error, traceIdOf(item))
    return setAside(item, error instanceof Error ? error.name : 'unknown')
  }

  // Where not even a dead letter can be written, going on would lose the message.
  const failed = (items: Item[], error: unknown): void => {
    if (isFull(error)) noRoom(items)
    else ports.fatal(error as Error)
  }

  const noRoom = (items: Item[]): void => {
    for (const item of items)
      if (item.kind === 'command') item.answer({ kind: 'refusal', refusal: FULL, replayed: false })
    ports.full(items.filter(item => item.kind !== 'command'))
  }

  const setAside = (item: Item, errorName: string): Undone | undefined => {
    if (item.kind === 'command') {
      item.answer({ kind: 'refusal', refusal: INTERNAL, replayed: false })
      return undefined
    }
    // Its row asks for it again at the next start, perhaps of a version without the bug.
    if (item.kind === 'own') return undefined
    let ack: AfterCommit
    try {
      ack = core.transaction(() =>
        stepToDeadLetter(item, `a bug of ours (${errorName}) kept it from being carried out`),
      )
    } catch (error) {
      return { error }
    }
    ack()
    ports.committed()
    return undefined
  }

  const stepToDeadLetter = (item: Item, detail: string): AfterCommit => {
    if (item.kind === 'queued') return queuedSteps.setAside(item, detail)
    if (item.kind === 'waiting') return queuedSteps.setAsideWaiting(item, detail)
    if (item.kind === 'event') return eventStep.setAside(item, detail)
    throw new Error(`Cannot set a ${item.kind} aside`)
  }

  return items => {
    const before = core.log.head()
    turn(items)
    return core.log.head() > before
  }
}

/** The id of its trace; an event's stands in its entry, which `describe` names. */
const traceIdOf = (item: Item): string | undefined => ('trace' in item ? readTrace(item.trace)?.id : undefined)

const describe = (item: Item): string => {
  if (item.kind === 'event') return `event ${item.source}/${item.entry.seq}`
  if (item.kind === 'command' || item.kind === 'queued') return `${item.kind} ${item.name}`
  return item.kind
}
