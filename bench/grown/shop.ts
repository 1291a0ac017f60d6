/** The actors that an order goes through, on files as Kassa makes them, worked turn by turn without HTTP and broker. */
import { mkdirSync } from 'node:fs'
import { DEFINITIONS } from '../../src/actors/definitions.ts'
import type { Settings } from '../../src/actors/kernel/actor.ts'
import { type Core, openCore } from '../../src/actors/kernel/core.ts'
import type { GuardedStore } from '../../src/actors/kernel/guarded-store.ts'
import type { Item } from '../../src/actors/kernel/mailbox.ts'
import { markFile } from '../../src/actors/kernel/mark.ts'
import { openStore, type Store } from '../../src/actors/kernel/store.ts'
import { createTurn } from '../../src/actors/kernel/turn.ts'
import { openVault } from '../../src/actors/kernel/vault.ts'
import { openActorStore } from '../../src/actors/open-actor-store.ts'
import { filesOf } from '../../src/actors/store-files.ts'
import { commandId, fingerprintOf } from '../../src/bus/command-id.ts'
import { sourceOf } from '../../src/bus/subjects.ts'
import { writeTrace } from '../../src/bus/trace.ts'
import type { Log } from '../../src/log.ts'
import { productVersion } from '../../src/version.ts'
import type { Clock } from '../../src/world/clock.ts'
import { systemRandom } from '../../src/world/random.ts'

/** Who takes part in an order. The webhook actor passes over what nobody wished for. */
export const PARTS = ['order', 'billing', 'notification'] as const
export type Part = (typeof PARTS)[number]

/** One actor, worked by hand. */
type Worked = { core: Core; guarded: GuardedStore; turn: (items: Item[]) => void; close: () => void }

export type Shop = {
  parts: Record<Part, Worked>
  /** Orders for these users, one each, through one turn of order, billing, order again and notification. */
  lap: (userIds: readonly string[]) => void
  /** Users with money; their ids. */
  makeUsers: (count: number) => string[]
  close: () => void
}

/** As `npm start` has them without a setting. */
export const SETTINGS: Settings = {
  webhooksToLoopback: true,
  defaultPriceMinor: undefined,
  letterPending: true,
  firstUserId: 93_493_453,
  firstOrderId: 54_321,
  firstOperationId: 12_345,
  firstMessageId: 67_890,
  parkMs: 300_000,
  idempotencyHours: 168,
  catalog: [{ product_id: '12345', name: 'Product 12345', priceMinor: 10_000 }],
}

/** Turns of a lap. */
export const TURNS_OF_A_LAP = 4

const CELL = 0
const PRODUCT = '12345'
/** Enough for every order of the run. */
const MONEY_MINOR = 900_000_000_000
/** More than any turn adds. */
const READ_MOST = 100_000

/** Says nothing but that a store had to be rebuilt, which would be no fair start. */
export const quietLog = {
  info: () => {},
  warn: (facts: object, text: string) => {
    throw new Error(`Cannot work on the stores: ${text} ${JSON.stringify(facts)}`)
  },
  error: () => {},
} as unknown as Log

/** Opens the shop in `directory`, or makes it there. */
export const openShop = (directory: string, clock: Clock): Shop => {
  mkdirSync(directory, { recursive: true })
  const parts = Object.fromEntries(PARTS.map(part => [part, openPart(directory, part, clock)])) as Shop['parts']
  const { order, billing, notification } = parts
  const read = ({ core, turn }: Worked, from: Worked): void => {
    const source = sourceOf(from.core.address)
    const entries = from.core.log.read(core.cursor(source).seq + 1, READ_MOST)
    turn(entries.map(entry => ({ kind: 'event', source, entry })))
  }
  const goOn = (): void => {
    read(billing, order)
    read(order, billing)
    read(notification, order)
  }

  if (order.core.log.head() === 0) {
    order.core.transaction(() => {
      for (const decision of order.core.behaviour.atOpen())
        if (decision.kind === 'event') order.core.append(decision.event, {}, undefined)
    })
  }

  return {
    parts,
    lap: userIds => {
      order.turn(userIds.map(user_id => command('CreateOrder', { user_id, product_id: PRODUCT, quantity: 1 })))
      goOn()
    },
    makeUsers: count => {
      const userIds: string[] = []
      const noted = (reply: unknown) => void userIds.push(String((reply as { user_id: number }).user_id))
      const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
      order.turn(Array.from({ length: count }, () => command('CreateUser', person, noted)))
      goOn()
      billing.turn(userIds.map(user_id => command('PutMoney', { user_id, amount: MONEY_MINOR })))
      return userIds
    },
    close: () => {
      for (const part of PARTS) parts[part].close()
    },
  }
}

const openPart = (directory: string, part: Part, clock: Clock): Worked => {
  const address = { actor: part, cell: CELL }
  const files = filesOf(directory, address)
  const definition = DEFINITIONS[part]
  const guarded = openActorStore({ definition, address, settings: SETTINGS, path: files.store }, quietLog)
  const { store } = guarded
  const keys: Store = openStore(files.keys)
  const vault = openVault(keys, systemRandom)
  const core = openCore(definition, { address, store, vault, clock, settings: SETTINGS, version: productVersion })
  const fail = (error: unknown): never => {
    throw error
  }
  const turn = createTurn(core, {
    committed: () => {},
    told: () => {},
    full: () => fail(new Error('Cannot go on: there is no room on the disk')),
    fatal: fail,
    defect: (_what, error) => fail(error),
  })
  const close = () => {
    core.transaction(core.saveCursors)
    markFile(files.mark).write(`${core.log.head()} ${core.log.chainAt(core.log.head())}`)
    guarded.close()
    keys.close()
  }
  return { core, guarded, turn, close }
}

/** A command as the gateway sends it: under a key of its own, in a trace of its own. */
const command = (name: string, body: Record<string, unknown>, heard: (reply: unknown) => void = () => {}): Item => ({
  kind: 'command',
  id: commandId('-', name, systemRandom.uuid()),
  name,
  body,
  fingerprint: fingerprintOf(body),
  remember: false,
  deadline: Number.POSITIVE_INFINITY,
  trace: writeTrace({
    id: Buffer.from(systemRandom.bytes(16)).toString('hex'),
    span: Buffer.from(systemRandom.bytes(8)).toString('hex'),
    sampled: false,
  }),
  answer: outcome => {
    if (outcome.kind !== 'reply') throw new Error(`${name} was refused: ${outcome.refusal.detail}`)
    heard(outcome.reply)
  },
})
