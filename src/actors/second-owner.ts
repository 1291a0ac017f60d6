/** Two stores must never answer for one address: a second installation at the same broker is refused before it reads a thing. */
import type { Bus } from '../bus/bus.ts'
import { type Address, querySubject, sourceOf } from '../bus/subjects.ts'
import { MayNotAsk, Unavailable } from '../bus/unavailable.ts'
import { exitCodes, plainFault } from '../exit.ts'

/** A live actor answers its health at once, also while it starts. */
const TIMEOUT_MS = 500

// The key of an actor alone does not let it ask what it answers itself.
const mayNotAsk = (address: Address): Error =>
  plainFault(
    exitCodes.configuration,
    `Cannot run ${sourceOf(address)} here: the broker lets nobody here ask whether another one answers for it. ` +
      'Start it with the data that have the keys of all users (KASSA_DATA), or with a user that may ask.',
  )

/**
 * Throws a plain fault (78) when somebody answers for `address` already, or when this user may not ask. Whoever calls
 * this holds the store's lock, so that somebody has another store: taking its history over would split the books in two.
 */
export const refuseSecondOwner = async (bus: Pick<Bus, 'request'>, address: Address): Promise<void> => {
  let pid: number
  try {
    const health = await bus.request(querySubject(address, 'Health'), Buffer.from('{}'), { timeoutMs: TIMEOUT_MS })
    pid = (JSON.parse(Buffer.from(health.body).toString('utf8')) as { pid: number }).pid
  } catch (error) {
    if (error instanceof MayNotAsk) throw mayNotAsk(address)
    if (error instanceof Unavailable) return
    throw error
  }
  throw plainFault(
    exitCodes.configuration,
    `Cannot run ${sourceOf(address)} here: another one (pid ${pid}, with a store of its own) answers at this broker. ` +
      'Give each installation a broker of its own, or stop the other one first.',
  )
}
