/** One round: a fresh Kassa under load, fault after fault, then rest, then the checker. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSeededRandom } from '../../src/world/seeded-random.ts'
import { check, type Verdict } from '../../test/checker/check.ts'
import type { Evidence } from '../../test/checker/evidence.ts'
import { openJournal, readJournal } from '../../test/checker/journal.ts'
import { storyOf } from '../../test/checker/request.ts'
import { ACTORS, type ActorName, openStoreCopy, type StoreCopy } from '../../test/checker/store-copy.ts'
import { makeDisk } from './disk.ts'
import { FAULTS, type Kind } from './faults.ts'
import { backUpStores } from './faults-of-disks.ts'
import { createHttp, type Http } from './http.ts'
import { prepareKassa } from './kassa.ts'
import { createLoad, type Deed } from './load.ts'
import { startMail } from './mail.ts'
import { comeToRest, showUsers } from './rest.ts'
import type { Planned } from './schedule.ts'
import { type Surroundings, seconds } from './surroundings.ts'

export type RoundPlan = {
  /** Everything of this round lies there; it must exist and be empty. */
  directory: string
  /** bin/kassa.js of the clone under torture. */
  entry: string
  seed: number
  planned: readonly Planned[]
  byMail: boolean
  hasDisks: boolean
  clients: number
  /** Orders a second at the most, and how many users place them. */
  rate: number
  users: number
  longestMs: number
  /** How long it may take to be well again after a fault, and to come to rest at the end. */
  recoveryMs: number
  restMs: number
  /** What clients do besides the usual, by weight. */
  deeds?: Partial<Record<Deed, number>>
  /** No fault begins after this (`performance.now()`), unless there were fewer than `leastFaults`. */
  until: number
  leastFaults?: number
  say: (line: string) => void
}

export type Suffered = { kind: Kind; what: string; recoveryMs: number }

export type RoundResult = {
  byMail: boolean
  suffered: Suffered[]
  verdict: Verdict
  /** What must not be and is not seen in the stores: no recovery, no rest, a second copy that was let in. */
  blamed: string[]
  /** Acknowledged orders a second while nothing was wrong. */
  calmRate: number
}

const POLL_MS = 50
/** Quiet before the first fault, in which the backup is made. */
const FIRST_MS = 2000
const LOG_LINES = 30

/** Runs it. The evidence stays in its directory. */
export const runRound = async (plan: RoundPlan): Promise<RoundResult> => {
  const { directory, say } = plan
  const dataDir = join(directory, 'data')
  const disks = plan.hasDisks
    ? {
        stores: await makeDisk(join(directory, 'stores.img'), dataDir),
        broker: await makeDisk(join(directory, 'broker.img'), join(dataDir, 'nats')),
      }
    : undefined
  const mail = plan.byMail ? await startMail() : undefined
  const journalFile = join(directory, 'journal.jsonl')
  const journal = openJournal(journalFile)
  const kassa = await prepareKassa({
    entry: plan.entry,
    dataDir,
    logFile: join(directory, 'kassa.log'),
    env: {
      KASSA_LOG_LEVEL: 'info',
      KASSA_PARK_MS: '60000',
      // A letter more an order is a connection more to the mail server, and proves nothing more.
      KASSA_LETTER_PENDING: plan.byMail ? 'off' : 'on',
      ...(mail ? { KASSA_SMTP_URL: `smtp://127.0.0.1:${mail.port}` } : {}),
    },
  })
  const http = createHttp(kassa.url)
  const blamed: string[] = []
  const { seed, users, clients, rate, deeds } = plan
  const load = createLoad({ http, journal, seed, users, clients, rate, deeds })
  const surroundings: Surroundings = {
    kassa,
    load,
    journal,
    mail,
    disks,
    backupDir: join(directory, 'backup'),
    chance: createSeededRandom(plan.seed),
    longestMs: plan.longestMs,
    blame: what => {
      blamed.push(what)
      say(`  WRONG: ${what}`)
    },
  }

  try {
    await kassa.start()
    await load.prepare()
    load.run()
    await sleep(FIRST_MS)
    await backUpStores(surroundings)
    const { suffered, calmRate } = await suffer(plan, surroundings)

    await load.stop(plan.restMs)
    const reason = await comeToRest(surroundings, http, plan.restMs)
    if (reason !== undefined) surroundings.blame(`it did not come to rest: ${reason}`)
    const evidence = await gather(plan, surroundings, http, journalFile)
    const verdict = check(evidence)
    for (const actor of ACTORS) evidence.stores[actor].close()
    for (const { kind, text } of verdict.violations.slice(0, 20)) say(`  ${kind.toUpperCase()}: ${text}`)
    if (blamed.length > 0) say(kassa.logTail(LOG_LINES))
    return { byMail: plan.byMail, suffered, verdict, blamed, calmRate }
  } catch (fault) {
    say(kassa.logTail(LOG_LINES))
    throw fault
  } finally {
    await kassa.stop()
    http.close()
    await mail?.close()
    await disks?.broker.unmount().catch(error => say(String(error)))
    await disks?.stores.unmount().catch(error => say(String(error)))
  }
}

/** One fault after the other, each only when the one before is mended. */
const suffer = async (plan: RoundPlan, surroundings: Surroundings) => {
  const { load, blame } = surroundings
  const suffered: Suffered[] = []
  const began = performance.now()
  let calmMs = 0
  let calmOrders = 0

  for (const { kind, gapMs, seed } of plan.planned) {
    const [ordersBefore, at] = [load.orders(), performance.now()]
    await sleep(gapMs)
    calmMs += performance.now() - at
    calmOrders += load.orders() - ordersBefore
    if (performance.now() > plan.until && suffered.length >= (plan.leastFaults ?? 0)) break

    const what = await FAULTS[kind]({ ...surroundings, chance: createSeededRandom(seed) }).catch((fault: Error) => {
      blame(`${kind} could not be done: ${fault.message}`)
      return undefined
    })
    const recoveryMs = await recovered(surroundings, plan.recoveryMs)
    const sinceMs = performance.now() - began
    if (recoveryMs === undefined) {
      blame(`no recovery within ${seconds(plan.recoveryMs)} from: ${what ?? kind}`)
      break
    }
    if (what === undefined) continue
    suffered.push({ kind, what, recoveryMs })
    plan.say(`  ${seconds(sinceMs).padStart(8)}  ${what}; well again after ${seconds(recoveryMs)}`)
  }
  return { suffered, calmRate: calmMs > 0 ? (calmOrders * 1000) / calmMs : 0 }
}

/** How long it takes until all is ready and an order is acknowledged; `undefined` when it takes too long. */
const recovered = async ({ kassa, load }: Surroundings, mostMs: number): Promise<number | undefined> => {
  const from = performance.now()
  while (performance.now() - from < mostMs) {
    if ((await kassa.isReady()) && (await load.probe())) return performance.now() - from
    await sleep(POLL_MS)
  }
  return undefined
}

/** Stops Kassa and takes what it leaves behind. */
const gather = async (
  { directory, say }: RoundPlan,
  { kassa, journal, load, mail, blame }: Surroundings,
  http: Http,
  journalFile: string,
): Promise<Evidence> => {
  const shown = await showUsers(load.userIds(), http).catch(fault => {
    blame((fault as Error).message)
    return []
  })
  const code = await kassa.stop()
  if (code !== 0) blame(`it did not drain: exit code ${code}`)
  await journal.close()
  const copies = join(directory, 'copies')
  mkdirSync(copies)
  const stores = {} as Record<ActorName, StoreCopy>
  for (const actor of ACTORS) {
    for (const end of ['', '-wal']) {
      const file = join(kassa.dataDir, `${actor}-0.db${end}`)
      if (existsSync(file)) copyFileSync(file, join(copies, `${actor}.db${end}`))
    }
    stores[actor] = openStoreCopy(actor, join(copies, `${actor}.db`))
  }
  const verified = await kassa.run(['verify'])
  if (verified.code !== 0) blame(`kassa verify: ${verified.said.trim()}`)
  say(
    `  stopped; ${stores.order.log.length + stores.billing.log.length + stores.notification.log.length} entries to check`,
  )
  return { story: await storyOf(readJournal(journalFile)), stores, mail: mail?.received, shown }
}
