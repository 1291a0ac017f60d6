/** Faults of processes: killed, killed again while they recover, stopped and woken as zombies, started twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyFileOf } from '../../src/bus/broker-keys.ts'
import { userOf } from '../../src/bus/permissions.ts'
import { exitCodes } from '../../src/exit.ts'
import { ACTOR_PARTS, type Part } from './kassa.ts'
import { aWhile, type Fault, type Surroundings, seconds } from './surroundings.ts'

const killed =
  (part: Part): Fault =>
  async ({ kassa }) => {
    await kassa.kill9(part)
    return `kill -9 of ${part}`
  }

/** The others end by themselves; the next start comes at once, while they still do. Only the new ones count as recovered. */
const supervisorKilled: Fault = async ({ kassa }) => {
  await kassa.replaceSupervisor()
  return 'kill -9 of the supervisor, started again at once'
}

const MOST_KILLS = 4
/** An actor needs about this long to open. */
const RECOVERY_MS = 900

const killedInRecovery: Fault = async ({ kassa, chance }) => {
  const part = chance.pick([...ACTOR_PARTS, 'nats-server'] as const)
  const kills = 2 + chance.integer(MOST_KILLS - 1)
  let before = await kassa.pidOf(part)
  for (let kill = 1; kill <= kills; kill++) {
    await kassa.kill9(part)
    if (kill === kills) break
    before = await kassa.pidOf(part, before)
    await sleep(chance.integer(RECOVERY_MS))
  }
  return `kill -9 of ${part}, and again while it recovered, ${kills} times`
}

const SHORTEST_STOP_MS = 1000

const zombie: Fault = async ({ kassa, chance, longestMs }) => {
  const part = chance.pick([...ACTOR_PARTS, 'gateway', 'nats-server'] as const)
  const ms = aWhile(chance, SHORTEST_STOP_MS, longestMs)
  await kassa.signal(part, 'SIGSTOP')
  await sleep(ms)
  await kassa.signal(part, 'SIGCONT')
  return `${part} stopped for ${seconds(ms)}, then woken`
}

const LONGEST_HOLD_MS = 2000

/** A second copy on the same store, the first one awake or not; or with an empty store at the same broker. */
const secondCopy: Fault = async surroundings => {
  const { kassa, chance } = surroundings
  const actor = chance.pick(ACTOR_PARTS)
  const where = chance.pick(['on the same store', 'on the same store, the first one stopped', 'on an empty store'])
  if (where === 'on an empty store') {
    const empty = mkdtempSync(join(tmpdir(), 'kassa-second-'))
    // Even with the key of the first one, which lies in the other data.
    const key = keyFileOf(kassa.dataDir, userOf({ actor, cell: 0 }))
    await expectRefused(surroundings, actor, { KASSA_DATA: empty, NATS_NKEY: key }, exitCodes.configuration)
    rmSync(empty, { recursive: true })
  } else {
    const isStopped = where.endsWith('stopped')
    if (isStopped) await kassa.signal(actor, 'SIGSTOP')
    await sleep(chance.integer(isStopped ? LONGEST_HOLD_MS : 1))
    await expectRefused(surroundings, actor, {}, exitCodes.unavailable)
    if (isStopped) await kassa.signal(actor, 'SIGCONT')
  }
  return `a second ${actor} ${where}`
}

const expectRefused = async (
  { kassa, blame }: Surroundings,
  actor: string,
  env: Record<string, string>,
  wanted: number,
): Promise<void> => {
  const { code, said } = await kassa.run(['actor', actor], { NATS_URL: kassa.natsUrl, ...env })
  if (code !== wanted) blame(`a second ${actor} was not refused: exit code ${code}, ${said.slice(-300)}`)
}

export const FAULTS_OF_PROCESSES = {
  'kill -9 of order': killed('order'),
  'kill -9 of billing': killed('billing'),
  'kill -9 of notification': killed('notification'),
  'kill -9 of webhook': killed('webhook'),
  'kill -9 of gateway': killed('gateway'),
  'kill -9 of the supervisor': supervisorKilled,
  'kill -9 of the broker': killed('nats-server'),
  'kill -9 again in recovery': killedInRecovery,
  'a process stopped and woken': zombie,
  'a second copy of an actor': secondCopy,
} satisfies Record<string, Fault>
