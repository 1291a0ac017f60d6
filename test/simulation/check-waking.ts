/** Check of what waited: where nothing went wrong, it is taken up as soon as what it waits for has come, not when its time is up. */
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import type { FinalState } from './final-state.ts'
import type { Fact } from './history.ts'

/** Far less than a command may wait in the simulation (9 s), and more than a turn and a commit take. */
const SOON_MS = 1000

/** The commands that were taken up late, a line each. Where something goes wrong it may well take longer. */
export const checkWaking = ({ logs, calm }: FinalState): string[] =>
  calm
    ? ACTOR_NAMES.flatMap(actor =>
        logs[actor].facts.flatMap((fact, index, facts) => late(fact, facts.slice(index + 1))),
      )
    : []

const late = ({ actor, seq, type, data, headers }: Fact, after: readonly Fact[]): string[] => {
  if (type !== 'CommandParked') return []
  const came = after.find(fact => brings(fact) === data.waits_for)
  if (!came) return []
  const takenUp = after.find(fact => fact.seq > came.seq && fact.headers.command === headers.command)
  if (takenUp && takenUp.at - came.at <= SOON_MS) return []
  return [
    `${actor}/${seq} waits for ${data.waits_for}, which came at ${came.seq}, and is not taken up within ${SOON_MS} ms`,
  ]
}

/** What an entry brings, as a parked command names it. */
const brings = ({ type, user, data }: Fact): string | undefined => {
  if (type === 'UserCreated') return `user ${user}`
  if (type === 'MoneyWithdrawn' || type === 'WithdrawalRejected') return `order ${data.order_id}`
  return undefined
}
