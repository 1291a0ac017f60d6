/** All actors on a broker in memory, on a clock that a test moves. For tests only. */
import type { Bus } from '../bus/bus.ts'
import { COMMAND_HEADERS } from '../bus/command-id.ts'
import { commandSubject, querySubject, sourceOf, streamOf } from '../bus/subjects.ts'
import { DEFINITIONS, definitionOf, readersOf } from './definitions.ts'
import { readEvent } from './kernel/event.ts'
import { type Answered, createTestWorld, emptyDisk, type TestDisk } from './kernel/test-world.ts'
import type { CaughtLetters, Letter, Mailer } from './notification/mailer.ts'
import type { Delivery } from './notification/rules.ts'
import { ACTOR_NAMES, type ActorName } from './registry.ts'
import type { Poster } from './webhook/poster.ts'

/** Long enough for everything that follows from a command to have happened. */
const SETTLE_MS = 3_000

/** A mailer that notes each letter and says what `answer` gives, if not that it was sent. */
export const createTestMailer = (answer: (letter: Letter) => Delivery = () => ({ outcome: 'sent' })) => {
  const handed: Letter[] = []
  const mailer: Mailer = {
    send: async letter => {
      handed.push(letter)
      return answer(letter)
    },
    close: () => {},
  }
  return { ...mailer, handed }
}

export type Shop = Awaited<ReturnType<typeof openShop>>

/** A shop that is open, unless told which actors alone; the catalogue has product 12345 at 100. */
export const openShop = async (
  options: {
    mailer?: Mailer
    caught?: CaughtLetters
    poster?: Poster
    disks?: Partial<Record<ActorName, TestDisk>>
    only?: readonly ActorName[]
    /** What stands between every actor and its bus, unless a start is told another. */
    change?: (bus: Bus) => Bus
  } = {},
) => {
  const world = createTestWorld()
  const disks = {
    order: emptyDisk(),
    billing: emptyDisk(),
    notification: emptyDisk(),
    webhook: emptyDisk(),
    ...options.disks,
  }
  const running = new Map<ActorName, ReturnType<typeof world.start>>()

  const begin = (actor: ActorName, change = options.change) => {
    const started = world.start(definitionOf(actor, { ...options, random: world.random }), disks[actor], {
      address: { actor, cell: 0 },
      readers: readersOf(actor).map(reader => sourceOf({ actor: reader, cell: 0 })),
      ...(change ? { change } : {}),
    })
    running.set(actor, started)
    return started
  }
  const start = (actor: ActorName, change?: (bus: Bus) => Bus) => world.finish(begin(actor, change).opened)
  const stop = async (actor: ActorName) => {
    await world.finish((running.get(actor) as ReturnType<typeof world.start>).stop())
    running.delete(actor)
  }

  const ownerOf = (name: string): ActorName =>
    ACTOR_NAMES.find(actor => {
      const { commands, queries } = DEFINITIONS[actor].contract
      return Object.hasOwn(commands, name) || Object.hasOwn(queries, name)
    }) as ActorName
  const command = (name: string, body: object, key?: string): Promise<Answered> =>
    world.ask(
      commandSubject({ actor: ownerOf(name), cell: 0 }, name),
      body,
      key === undefined ? {} : { [COMMAND_HEADERS.key]: key },
    )
  const query = (name: string, body: object, actor: ActorName = ownerOf(name)): Promise<Answered> =>
    world.ask(querySubject({ actor, cell: 0 }, name), body)

  const begun = (options.only ?? ACTOR_NAMES).map(actor => begin(actor).opened)
  await world.finish(Promise.all(begun))
  if (running.has('order')) await command('PutProduct', { product_id: '12345', name: 'Product 12345', price: '100' })

  return {
    ...world,
    disks,
    start,
    stop,
    command,
    query,
    /** Lets everything happen that follows from what was asked. */
    settle: () => world.clock.advance(SETTLE_MS),
    /** A user with money. */
    createUser: async (amount: string, person: object = {}): Promise<string> => {
      const john = { first_name: 'John', last_name: 'Colinse', email: 'user@email.com', ...person }
      const user_id = String((await command('CreateUser', john)).body.user_id)
      await world.clock.advance(SETTLE_MS)
      await command('PutMoney', { user_id, amount })
      return user_id
    },
    order: async (user_id: string, quantity = 5): Promise<string> =>
      String((await command('CreateOrder', { user_id, product_id: '12345', quantity })).body.order_id),
    statusOf: async (order_id: string) => (await query('GetOrder', { order_id })).body.status,
    balanceOf: async (user_id: string) => (await query('GetBalance', { user_id })).body.balance,
    operationsOf: async (user_id: string) => {
      const { items } = (await query('GetHistory', { user_id })).body as { items: { type: string; amount: string }[] }
      return items.map(({ type, amount }) => `${type} ${amount}`)
    },
    lettersOf: async (user_id: string) => {
      const { items } = (await query('ListLetters', { user_id })).body as {
        items: { message_id: string; status: string; message: string }[]
      }
      return items
    },
    /** The events of an actor's stream. */
    eventsOf: (actor: ActorName) =>
      world.broker.messages(streamOf({ actor, cell: 0 })).map(({ body }) => readEvent(body)),
    /** Whatever lies in streams and stores, as bytes. */
    everything: (): Buffer[] => [
      ...ACTOR_NAMES.flatMap(actor => [disks[actor].store.serialize(), disks[actor].keys.serialize()]),
      ...ACTOR_NAMES.flatMap(actor =>
        world.broker
          .messages(streamOf({ actor, cell: 0 }))
          .map(({ body, headers, subject }) =>
            Buffer.from(`${subject} ${JSON.stringify(headers)} ${Buffer.from(body)}`),
          ),
      ),
    ],
  }
}
