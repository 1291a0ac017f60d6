/** Somebody who has users erased over HTTP, while they still order, pay and are written to. */
import { pause } from '../../src/world/clock.ts'
import { type Asker, ask, type Wish } from './asking.ts'
import type { Clients } from './clients.ts'
import type { World } from './world.ts'

export type Erasing = {
  /** Whether an erasure has not been answered yet. */
  busy: () => boolean
  /** Begins none from now on. */
  leave: () => void
}

const USED = 0.3
const MOST_PAUSE_MS = 6000
/** Its wishes are numbered behind those of the clients and of the senders into the queue (`queue-senders.ts`). */
const FIRST_NUMBER = 2_000_000

/** In some runs has one user of `clients` after the other erased, under a key, until it is answered. */
export const startErasing = (world: World, clients: Clients): Erasing => {
  const random = world.chance.erasing
  let left = random.fraction() >= USED
  let isBusy = false
  const asker: Asker = { gateway: world.gateway, clock: world.clock, random, gaveUp: () => false }
  const erased = new Set<unknown>()

  const pick = (): unknown => {
    const users = clients.promised.flatMap(({ wish, answer }) =>
      wish.name === 'CreateUser' && 'reply' in answer
        ? [(JSON.parse(answer.reply) as { user_id: number }).user_id]
        : [],
    )
    const known = users.filter(user => !erased.has(user))
    return known.length > 0 ? random.pick(known) : undefined
  }

  const erase = async (user_id: unknown): Promise<void> => {
    erased.add(user_id)
    world.requests++
    const until = world.clock.now() + world.settings.idempotencyHours * 3_600_000
    const number = FIRST_NUMBER + erased.size
    const wish: Wish = { number, actor: 'order', name: 'EraseUser', body: { user_id }, key: `erase-${user_id}`, until }
    world.trace.say('erasing', `user ${user_id}`)
    const heard = await ask(asker, wish)
    if (!heard) return
    clients.promised.push({ wish, answer: heard.answer, at: world.clock.now() })
    if ('reply' in heard.answer) world.count('person erased')
    world.trace.say('erasing', `user ${user_id}: ${JSON.stringify(heard.answer)}`)
  }

  const come = async (): Promise<void> => {
    while (!left) {
      await pause(world.clock, random.fraction() * MOST_PAUSE_MS)
      const user = left ? undefined : pick()
      if (user === undefined) continue
      isBusy = true
      await erase(user)
      isBusy = false
    }
  }
  come().catch(error => {
    isBusy = false
    world.violation(`whoever erases met ${error instanceof Error ? error.stack : String(error)}`)
  })

  return {
    busy: () => isBusy,
    leave: () => {
      left = true
    },
  }
}
