/** The broker: whether it answers, what it can do, and whether its clock is ours. */
import { shownUrl } from '../bus/broker-url.ts'
import type { Bus } from '../bus/bus.ts'
import { natsServerCache } from '../bus/server/cache.ts'
import { findNatsServer } from '../bus/server/find.ts'
import { isQuick } from '../bus/server/version.ts'
import { ASYNC_API_LEVEL } from '../bus/streams.ts'
import { COMMANDS } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import { exitCodeOf } from '../exit.ts'
import { systemClock } from '../world/clock.ts'
import { type Finding, look, well, wrong } from './finding.ts'

const ASK_MS = 5_000

/** Clocks that are farther apart than this: queued commands wait for too long, or not long enough. In ms. */
const SKEW_MOST = 2_000

type Info = { api?: { level?: number }; error?: { description?: string } }

/** The broker that is connected by `bus`. */
export const examineBroker = async (bus: Bus, url: string): Promise<Finding[]> => {
  const at = `at ${shownUrl(url)}`
  let info: Info
  try {
    info = (await ask(bus, '$JS.API.INFO')).answer as Info
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault
    return [wrong('broker', `${at}: JetStream does not answer`, 'switch JetStream on (nats-server -js)')]
  }
  if (info.error) return [wrong('broker', `${at}: ${info.error.description}`, 'switch JetStream on for this account')]
  const level = info.api?.level ?? 0
  const says = `${at}, JetStream of API level ${level}`
  const broker =
    level >= ASYNC_API_LEVEL
      ? well('broker', says)
      : look('broker', `${says}: it syncs every message, so orders flow more slowly`, 'run nats-server 2.12 or later')
  return [broker, ...(await examineSkew(bus))]
}

const examineSkew = async (bus: Bus): Promise<Finding[]> => {
  const { answer, sentAt, hadAt } = await ask(bus, `$JS.API.STREAM.INFO.${COMMANDS}`)
  const { ts } = answer as { ts?: string }
  // One of before 2.10 does not tell its time; nor is there a stream before the first start.
  if (ts === undefined) return []
  const its = Date.parse(ts)
  // It said so somewhere between the question and the answer.
  const skew = its < sentAt ? its - sentAt : its > hadAt ? its - hadAt : 0
  const says = `the broker’s is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'before'} this machine’s`
  if (Math.abs(skew) > SKEW_MOST)
    return [wrong('clock of the broker', says, 'let both machines set their clocks (chrony, systemd-timesyncd)')]
  return [well('clock of the broker', skew === 0 ? 'the same as this machine’s' : says)]
}

const ask = async (bus: Bus, subject: string) => {
  const sentAt = systemClock.now()
  const { body } = await bus.request(subject, new Uint8Array(), { timeoutMs: ASK_MS })
  return { answer: JSON.parse(Buffer.from(body).toString('utf8')) as unknown, sentAt, hadAt: systemClock.now() }
}

/** The nats-server that the next start would run; fetches none. */
export const examineServerToRun = async ({ natsServerBin }: Pick<Config, 'natsServerBin'>): Promise<Finding> => {
  const about = 'broker'
  const search = { named: natsServerBin, path: process.env.PATH ?? '', cacheDir: natsServerCache(process.env) }
  try {
    const { version, from } = await findNatsServer({ ...search, say: () => {}, sources: [] })
    const says = `nats-server ${version} from ${from}`
    if (isQuick(version)) return well(about, says)
    return look(about, `${says}: it syncs every message`, 'unset NATS_SERVER_BIN; the next start fetches a newer one')
  } catch (fault) {
    if (exitCodeOf(fault) === undefined) throw fault
    if (natsServerBin !== undefined)
      return wrong(about, (fault as Error).message, 'give a nats-server of 2.10 or later as NATS_SERVER_BIN')
    return look(about, 'no nats-server on this machine yet', 'npm start, with a network: the first start fetches one')
  }
}
