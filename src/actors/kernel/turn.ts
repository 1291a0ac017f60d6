/** One turn: every waiting message in one transaction; replies, publishes and acks leave only after its commit. */
import type { Refusal } from '../../bus/problem.ts'
import { type AfterCommit, nothingMore } from './after-commit.ts'
import { createCommandStep } from './command-step.ts'
import { type Core, LogDamaged } from './core.ts'
import { createEventStep } from './event-step.ts'
import type { Item, OwnItem } from './mailbox.ts'
import { createQueuedSteps } from './queued-step.ts'
import { isFull, isOutcomeUnknown } from './store.ts'

/** What the turn tells those around it. */
export type TurnPorts = {
  /** Entries were committed. */
  committed: () => void
  /** There is no room on the disk: these items keep until it is tried again; commands among them were refused. */
  full: (items: Item[]) => void
  /** Whether a commit happened can't be known, or the log is damaged: the process must start over from its store. */
  fatal: (error: Error) => void
  /** A bug showed; `what` names the message without its content. */
  defect: (what: string, error: unknown) => void
}

const FULL: Refusal = {
  code: 'unavailable',
  detail: 'there is no room on the disk at present; the same request may be sent again',
}
const INTERNAL: Refusal = { code: 'internal', detail: 'the request could not be carried out; nothing was changed' }

/** The turn of `core`. What it is given is handled in order; it never throws. */
export const createTurn = (core: Core, ports: TurnPorts): ((items: Item[]) => void) => {
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
      case 'own':
        return takeOwn(item)
      case 'trim':
        return trim(item.until)
    }
  }

  const takeOwn = ({ name, body, after }: OwnItem): AfterCommit => {
    const decision = core.behaviour.own?.[name]?.(body, { now: core.now() })
    if (decision?.kind === 'event') core.append(decision.event, {}, undefined)
    return after
  }

  const trim = (until: number): AfterCommit => {
    if (core.tables.inbox.hasOlderThan(until))
      core.append({ type: 'InboxTrimmed', data: { until: new Date(until).toISOString() } }, {}, undefined)
    return nothingMore
  }

  const turn = (items: Item[]): void => {
    const before = core.log.head()
    let afterCommit: AfterCommit[]
    try {
      afterCommit = core.transaction(() => items.map(step))
    } catch (error) {
      return failed(items, error)
    }
    for (const run of afterCommit) run()
    if (core.log.head() > before) ports.committed()
  }

  const failed = (items: Item[], error: unknown): void => {
    if (isOutcomeUnknown(error) || error instanceof LogDamaged) return ports.fatal(error as Error)
    if (isFull(error)) return noRoom(items)
    // A defect in one message must not hold up the others: each on its own, and the one that fails is set aside.
    if (items.length > 1) return items.forEach(item => void turn([item]))
    const item = items[0] as Item
    ports.defect(describe(item), error)
    setAside(item, error instanceof Error ? error.name : 'unknown')
  }

  const noRoom = (items: Item[]): void => {
    for (const item of items)
      if (item.kind === 'command') item.answer({ kind: 'refusal', refusal: FULL, replayed: false })
    ports.full(items.filter(item => item.kind !== 'command'))
  }

  const setAside = (item: Item, errorName: string): void => {
    if (item.kind === 'command') return item.answer({ kind: 'refusal', refusal: INTERNAL, replayed: false })
    // Its row asks for it again at the next start, perhaps of a version without the bug.
    if (item.kind === 'own') return
    try {
      core.transaction(() => stepToDeadLetter(item, `a bug of ours (${errorName}) kept it from being carried out`))()
      ports.committed()
    } catch (error) {
      if (isFull(error)) return noRoom([item])
      // Not even the dead letter can be written: going on would lose the message.
      ports.fatal(error as Error)
    }
  }

  const stepToDeadLetter = (item: Item, detail: string): AfterCommit => {
    if (item.kind === 'queued') return queuedSteps.setAside(item, detail)
    if (item.kind === 'waiting') return queuedSteps.setAsideWaiting(item, detail)
    if (item.kind === 'event') return eventStep.setAside(item, detail)
    throw new Error(`Cannot set a ${item.kind} aside`)
  }

  return turn
}

const describe = (item: Item): string => {
  if (item.kind === 'event') return `event ${item.source}/${item.entry.seq}`
  if (item.kind === 'command' || item.kind === 'queued') return `${item.kind} ${item.name}`
  return item.kind
}
