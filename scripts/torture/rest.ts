/** Coming to rest: the faults are over, the clients have their answers, and what was put off gets its time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShownUser } from '../../test/checker/evidence.ts'
import { withNats } from './broker-look.ts'
import type { Http } from './http.ts'
import type { Surroundings } from './surroundings.ts'

const LOOK_EVERY_MS = 500
/** Each look is so much later by the clock of Kassa: a letter is tried again after minutes. */
const STEP_MS = 10 * 60_000
/** A command that a dead actor had taken comes again after half a minute; it is not to find that its time is over. */
const QUEUE_MS = 60_000
/** Beyond every leap that the clock has made. */
const FROM_MS = 2 * 3_600_000
const USERS_SHOWN = 60

const read = async <T>(http: Http, path: string): Promise<T | undefined> => {
  const answer = await http.ask('GET', path).catch(() => undefined)
  return answer?.status === 200 ? (JSON.parse(answer.text) as T) : undefined
}

const lettersOf = (http: Http, userId: string) =>
  read<ShownUser['letters']>(http, `/notifications/messages?user_id=${userId}`)

/** How many commands are queued; one where the broker does not say. */
const queuedCommands = ({ kassa }: Pick<Surroundings, 'kassa'>): Promise<number> =>
  withNats(kassa, nats => nats.queued().catch(() => 1))

/** What still keeps it from rest; `undefined` when nothing does. */
const unrest = async ({ kassa, load, mail }: Surroundings, http: Http): Promise<string | undefined> => {
  // What waits is looked at again when an actor writes something.
  if (!(await load.probe())) return 'an order is not taken'
  const pending = await read<{ items: unknown[] }>(http, '/v1/orders?status=Pending&limit=5')
  if (pending?.items.length !== 0) return 'orders are pending'
  const queued = await queuedCommands({ kassa })
  if (queued > 0) return `${queued} commands are queued`
  if (!mail) return undefined
  for (const userId of load.userIds()) {
    const letters = await lettersOf(http, userId)
    if (!letters || letters.some(({ status }) => status === 'Queued')) return `letters of ${userId} are queued`
  }
  return undefined
}

/** Resolves with what kept it from rest, if it did not come to it in time. */
export const comeToRest = async (
  surroundings: Surroundings,
  http: Http,
  mostMs: number,
): Promise<string | undefined> => {
  if (!(await surroundings.load.queueThree(false)).areTaken) return 'the queue takes no command'
  for (const until = performance.now() + QUEUE_MS; performance.now() < until; await sleep(LOOK_EVERY_MS))
    if ((await queuedCommands(surroundings)) === 0) break
  let offsetMs = FROM_MS
  const look = async () => {
    surroundings.kassa.setClock(offsetMs)
    offsetMs += STEP_MS
    await sleep(LOOK_EVERY_MS)
    return await unrest(surroundings, http)
  }
  const deadline = performance.now() + mostMs
  return await calmTwice(look, () => performance.now() > deadline)
}

/**
 * Looks until two looks in a row find nothing: what the first has woken is done by the second. Resolves with what a look
 * found when it was late. A first calm look has its second, however late it is: then there is nothing to be told yet.
 */
export const calmTwice = async (
  look: () => Promise<string | undefined>,
  isLate: () => boolean,
): Promise<string | undefined> => {
  for (let calm = 0; ; ) {
    const reason = await look()
    calm = reason === undefined ? calm + 1 : 0
    if (calm === 2) return undefined
    if (reason !== undefined && isLate()) return reason
  }
}

/** What HTTP shows of the users, for the checker. */
export const showUsers = async (userIds: string[], http: Http): Promise<ShownUser[]> => {
  const shown: ShownUser[] = []
  for (const userId of userIds.slice(0, USERS_SHOWN)) {
    const balance = await read<{ balance: number }>(http, `/v1/money/balance?user_id=${userId}`)
    const history = await read<ShownUser['history']>(http, `/money/history?user_id=${userId}`)
    const letters = await lettersOf(http, userId)
    if (!balance || !history || !letters)
      throw new Error(`HTTP does not show user ${userId}, and Kassa says it is ready`)
    shown.push({ userId, balance: balance.balance, history, letters })
  }
  return shown
}
