/** The mailbox: what waits for the next turn, bounded, in the order of arrival. */
import type { Entry } from '../../bus/entry.ts'
import type { Refusal } from '../../bus/problem.ts'
import type { Clock } from '../../world/clock.ts'
import type { Meters } from './meters.ts'

/** What a command comes to: a reply, a no, or not now. */
export type Outcome =
  | { kind: 'reply'; reply: unknown; replayed: boolean }
  | { kind: 'refusal'; refusal: Refusal; replayed: boolean }

/** A command somebody waits for. `remember`: a no is kept under its id as well. `deadline` is in ms of the monotonic clock. */
export type CommandItem = {
  kind: 'command'
  id: string
  name: string
  body: Record<string, unknown>
  fingerprint: string
  remember: boolean
  deadline: number
  trace: string | undefined
  answer: (outcome: Outcome) => void
}

/** A command from the queue; `bytes` as they were sent, `body` when they fit the contract. */
export type QueuedItem = {
  kind: 'queued'
  id: string
  name: string
  bytes: Uint8Array
  sentAt: number
  remember: boolean
  trace: string | undefined
  ack: () => void
}

/** An event of another actor; `after` is the chain that its reader has proven it to follow, where one has. */
export type EventItem = { kind: 'event'; source: string; entry: Entry; after?: string }

/** Events of another actor that nobody here wished for: the cursor goes on to the last of them. */
export type SkipItem = { kind: 'skip'; source: string; seq: number; chain: string }

/** A command of the waiting table whose waiting is over. */
export type WaitingItem = { kind: 'waiting'; id: string }

/** What an effect of the actor's own came to. */
export type OwnItem = { kind: 'own'; name: string; body: Record<string, unknown>; after: () => void }

/** Forget the ids of commands handled until then (ms). */
export type TrimItem = { kind: 'trim'; until: number }

export type Item = CommandItem | QueuedItem | EventItem | SkipItem | WaitingItem | OwnItem | TrimItem

/** The most commands that may wait; one more is refused at once (`overloaded`), so that no queue grows without end. */
const MOST_COMMANDS = 4096

/**
 * The most commands from the queue that may wait. One more is let go: it was not acknowledged, so the broker brings it
 * again. Without this every redelivery would add a copy while a full disk holds the turns.
 */
const MOST_QUEUED = 1000

/** The most messages in one turn. Beyond 256 rows a transaction little is gained (nats-facts: SQLite). */
const MOST_IN_A_TURN = 256

/**
 * A turn keeps this far from the one before, ms, unless it is full, or that one was small (below): a commit, and all
 * that it sets off in the broker and in the readers, costs nearly the same for one message as for ten. What comes after
 * a quiet moment does not wait. Measured in docs/performance.md.
 */
const BETWEEN_TURNS_MS = 2

/**
 * After a turn of so many messages or fewer the next one may begin as soon as the broker has what that one said, at once
 * where it said nothing: company comes slowly then, and the way to the broker and back, which is longer on a busy
 * machine, is time enough for it.
 */
const SMALL_TURN = 2

export type Mailbox = {
  /** Takes an item for the next turn; false when the mailbox is full of commands, or of queued ones. */
  push: (item: Item) => boolean
  /** Puts items back to the front, for a turn that could not be held now. */
  putBack: (items: Item[], waitMs: number) => void
  size: () => number
  /** The broker has all that was said: after a small turn the next one waits no longer. */
  arrived: () => void
  /** Lets turns begin, or holds them. */
  open: (isOpen: boolean) => void
  /** Runs turns until nothing waits. */
  drain: () => void
}

/**
 * A mailbox whose turns are held by `turn`, which tells whether it said anything that the broker is to have. A command
 * past its deadline is dropped: nobody waits for it. `meters` count turns and what was dropped.
 */
export const createMailbox = (clock: Clock, turn: (items: Item[]) => boolean, meters?: Meters): Mailbox => {
  let waiting: Item[] = []
  let commands = 0
  let queued = 0
  let planned = false
  let isOpen = false
  let holdUntil = 0
  let restUntil = 0
  let isSmall = false
  let endRest: (() => void) | undefined

  const count = (item: Item, by: 1 | -1): void => {
    if (item.kind === 'command') commands += by
    if (item.kind === 'queued') queued += by
  }

  const plan = (): void => {
    if (planned || !isOpen || waiting.length === 0) return
    planned = true
    const rest = waiting.length < MOST_IN_A_TURN ? restUntil : 0
    const now = clock.monotonic()
    const until = Math.max(holdUntil, rest)
    if (until <= now) return clock.soon(runPlanned)
    const cancel = clock.after(until - now, runPlanned)
    // A hold ends by time alone.
    if (holdUntil > now) return
    endRest = () => {
      endRest = undefined
      cancel()
      clock.soon(runPlanned)
    }
  }
  const runPlanned = (): void => {
    planned = false
    endRest = undefined
    if (!isOpen) return
    // A turn that was put back holds the next one up, also when that was planned before.
    if (holdUntil <= clock.monotonic()) runOne()
    plan()
  }
  const runOne = (): void => {
    const taken = waiting.splice(0, MOST_IN_A_TURN)
    for (const item of taken) count(item, -1)
    const now = clock.monotonic()
    const items = taken.filter(item => item.kind !== 'command' || item.deadline > now)
    meters?.dropped('late', taken.length - items.length)
    if (items.length === 0) return
    const said = turn(items)
    const end = clock.monotonic()
    meters?.turn(items.length, end - now)
    isSmall = items.length <= SMALL_TURN
    restUntil = said || !isSmall ? end + BETWEEN_TURNS_MS : 0
  }

  return {
    push: item => {
      if (item.kind === 'command' && commands >= MOST_COMMANDS) {
        meters?.dropped('full', 1)
        return false
      }
      if (item.kind === 'queued' && queued >= MOST_QUEUED) return false
      count(item, 1)
      waiting.push(item)
      plan()
      return true
    },
    putBack: (items, waitMs) => {
      for (const item of items) count(item, 1)
      waiting = [...items, ...waiting]
      holdUntil = clock.monotonic() + waitMs
      plan()
    },
    size: () => waiting.length,
    arrived: () => {
      if (!isSmall) return
      restUntil = 0
      endRest?.()
    },
    open: open => {
      isOpen = open
      plan()
    },
    drain: () => {
      for (let left = waiting.length; left > 0; left = waiting.length) {
        runOne()
        if (waiting.length >= left) return // a turn was put back: there is no room on the disk
      }
    },
  }
}
