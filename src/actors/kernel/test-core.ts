/** An actor's core and its turns, over stores in memory and a clock that stands still. For tests only. */
import { fingerprintOf } from '../../bus/command-id.ts'
import type { Address } from '../../bus/subjects.ts'
import { createSeededRandom } from '../../world/seeded-random.ts'
import { createVirtualClock, type VirtualClock } from '../../world/virtual-clock.ts'
import type { AnyActorDefinition, Settings } from './actor.ts'
import { openCore } from './core.ts'
import { readEvent } from './event.ts'
import type { CommandItem, Item, Outcome, QueuedItem } from './mailbox.ts'
import type { Meters } from './meters.ts'
import { openMemoryStore, type Store } from './store.ts'
import { createTurn } from './turn.ts'
import { openVault } from './vault.ts'

/** When the clock of a test starts. */
export const START = Date.parse('2023-09-07T14:30:00Z')

/** The document's own numbers, and nothing else set. */
export const TEST_SETTINGS: Settings = {
  webhooksToLoopback: true,
  defaultPriceMinor: undefined,
  letterPending: true,
  firstUserId: 93493453,
  firstOrderId: 54321,
  firstOperationId: 12345,
  firstMessageId: 67890,
  parkMs: 300_000,
  idempotencyHours: 168,
  catalog: [],
}

export type TestCore = ReturnType<typeof createTestCore>

/** `beforeCommit` runs as the last thing inside every transaction, and may throw as a failing commit does. */
export const createTestCore = (
  definition: AnyActorDefinition,
  options: {
    address?: Address
    store?: Store
    keys?: Store
    clock?: VirtualClock
    settings?: Partial<Settings>
    beforeCommit?: () => void
    meters?: Meters
  } = {},
) => {
  const clock = options.clock ?? createVirtualClock({ start: START })
  const store = options.store ?? openMemoryStore()
  const address = options.address ?? { actor: definition.contract.actor as string, cell: 0 }
  const vault = openVault(options.keys ?? openMemoryStore(), createSeededRandom(1))
  const core = openCore(definition, {
    address,
    store,
    clock,
    settings: { ...TEST_SETTINGS, ...options.settings },
    version: '1.0.0',
    ...(options.meters ? { meters: options.meters } : {}),
    vault: {
      ...vault,
      flush: () => {
        vault.flush()
        options.beforeCommit?.()
      },
    },
  })

  const heard = { committed: 0, told: 0, full: [] as Item[][], fatal: [] as Error[], defects: [] as string[] }
  const turn = createTurn(core, {
    committed: () => void heard.committed++,
    told: () => void heard.told++,
    full: items => void heard.full.push(items),
    fatal: error => void heard.fatal.push(error),
    defect: what => void heard.defects.push(what),
  })

  let keys = 0
  /** A command somebody waits for; `outcomes` gets what is answered. */
  const command = (
    name: string,
    body: Record<string, unknown>,
    more: { key?: string; remember?: boolean } = {},
  ): CommandItem & { outcomes: Outcome[] } => {
    const outcomes: Outcome[] = []
    return {
      kind: 'command',
      id: `-/${name}/${more.key ?? `made-${++keys}`}`,
      name,
      body,
      fingerprint: fingerprintOf(body),
      remember: more.remember ?? more.key !== undefined,
      deadline: Number.POSITIVE_INFINITY,
      trace: undefined,
      answer: outcome => void outcomes.push(outcome),
      outcomes,
    }
  }

  /** A command from the queue; `acks` counts its acknowledgements. Its body may be any text. */
  const queued = (
    name: string,
    body: unknown,
    more: { id?: string; sentAt?: number; remember?: boolean } = {},
  ): QueuedItem & { acks: () => number } => {
    let acks = 0
    return {
      kind: 'queued',
      id: more.id ?? `queued-${++keys}`,
      name,
      bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      sentAt: more.sentAt ?? clock.now(),
      remember: more.remember ?? false,
      trace: undefined,
      ack: () => void acks++,
      acks: () => acks,
    }
  }

  /** Runs one command in a turn of its own; gives what was answered. */
  const run = (...args: Parameters<typeof command>): Outcome | undefined => {
    const item = command(...args)
    turn([item])
    return item.outcomes[0]
  }

  /** Every entry of the log, by its type and data. */
  const events = () =>
    core.log.read(1, Number.MAX_SAFE_INTEGER).map(entry => {
      const { seq, type, user, data } = readEvent(entry.body)
      return { seq, type, user, data }
    })

  return {
    core,
    turn,
    heard,
    clock,
    store,
    command,
    queued,
    run,
    events,
    types: () => events().map(({ type }) => type),
  }
}
