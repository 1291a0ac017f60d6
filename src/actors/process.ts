/** One actor as a process: its files, its connection, its end. */
import { appendFileSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { accessOf, asItself } from '../bus/broker-access.ts'
import type { Bus } from '../bus/bus.ts'
import type { Entry } from '../bus/entry.ts'
import { connectNats } from '../bus/nats.ts'
import { createNeighbours, type Join } from '../bus/neighbours.ts'
import { userOf } from '../bus/permissions.ts'
import { answerAsService } from '../bus/service.ts'
import { countingBus, createCounts, figuresOf } from '../bus/service-count.ts'
import { endpointsOf } from '../bus/service-endpoints.ts'
import { type Address, sourceOf, streamOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Log } from '../log.ts'
import { withRefusalsInTheLog } from '../mail/refusals-in-the-log.ts'
import { withSlowness } from '../mail/slow-mailer.ts'
import { watchProcess } from '../metrics/process-figures.ts'
import { refuseHalfRestored } from '../restoring.ts'
import { spansOf } from '../tracing/spans-of.ts'
import { productVersion } from '../version.ts'
import { createHttpPoster } from '../webhooks/http-poster.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { READER } from './broker-users.ts'
import { definitionOf, type Outside, readersOf } from './definitions.ts'
import { askCursor, askLog } from './kernel/ask-actor.ts'
import { startCutting } from './kernel/cutting.ts'
import { guardStore } from './kernel/guard-store.ts'
import { HistoryRefused } from './kernel/history-refused.ts'
import { markFile } from './kernel/mark.ts'
import { createMeters } from './kernel/meters.ts'
import { startActor as start } from './kernel/running-actor.ts'
import { openStore, StoreDamaged, StoreLocked } from './kernel/store.ts'
import type { Mailer } from './notification/mailer.ts'
import { openActorStore } from './open-actor-store.ts'
import { type ActorName, ADDRESSES } from './registry.ts'
import { refuseSecondOwner } from './second-owner.ts'
import { serveSlowMail } from './serve-slow-mail.ts'
import { settingsOf } from './settings.ts'
import { copyStore, filesOf, restoredNote } from './store-files.ts'

// One cell a machine, as yet; every name carries it (protocol, R13).
const CELL = 0
const ANSWER_MS = 100
/** How long a broker may take to let the watcher in. */
const WATCHER_MS = 2_000
const DAY_MS = 86_400_000

/**
 * Starts the actor `name` in this process, against the broker at `config.natsUrl`. `failed` resolves when it can't go
 * on and the process should end, to be started again. A store whose history is refused stays up and says why. `join`
 * makes it a neighbour of others in this process.
 */
export const startActor = async (
  name: ActorName,
  config: Config & { natsUrl: string },
  log: Log,
  join: Join = alone,
): Promise<{ stop(): Promise<void>; opened: Promise<void>; failed: Promise<Error> }> => {
  const address = { actor: name, cell: CELL }
  const settings = settingsOf(config)
  const files = filesOf(config.dataDir, address)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  refuseHalfRestored(config.dataDir)
  const mail = name === 'notification' ? await mailOf(config, log) : {}
  const slowMailer = config.demo && mail.mailer ? withSlowness(mail.mailer, systemClock) : undefined
  const mailer = slowMailer ?? mail.mailer
  const poster =
    name === 'webhook' ? createHttpPoster({ toLoopback: settings.webhooksToLoopback }, systemClock) : undefined
  const definition = definitionOf(name, { mailer, caught: mail.caught, poster })
  const guarded = openLocked(files.store, path => openActorStore({ definition, address, settings, path }, log))
  const { store } = guarded
  const keys = openLocked(files.keys, openStore)
  const user = userOf(address)
  const access = accessOf(config, config.natsUrl, user)
  const keptFor = asItself(config, config.natsUrl, user)
  const options = { url: config.natsUrl, name: user, access, keptFor, actors: ADDRESSES, log }
  const bus = join(await connectNats(options))
  await refuseAnother(config, address, bus, log)
  if (slowMailer) serveSlowMail(bus, slowMailer, log)

  const endpoints = endpointsOf(definition.contract, address)
  const readers = readersOf(name).map(reader => sourceOf({ actor: reader, cell: CELL }))
  const counts = createCounts(endpoints.map(({ subject }) => subject))

  // In a process of many the gateway tells its memory and time, once.
  const own = join === alone ? watchProcess(systemClock, process.env) : undefined

  const spans = await spansOf(config, name, log)

  const over = Promise.withResolvers<Error>()
  const startHere = () =>
    start(definition, {
      address,
      bus: countingBus(bus, counts, systemClock),
      store,
      keys,
      clock: systemClock,
      random: systemRandom,
      settings,
      version: productVersion,
      mark: markFile(files.mark),
      restored: restoredNote(files.restored),
      readers,
      keepAside: (stream, entries) => keepAside(config.dataDir, stream, entries),
      dataDir: realpathSync(config.dataDir),
      copyStore: kind => copyStore(config.dataDir, address, kind === 'keys' ? keys : store),
      // Its answer has to leave before the process does.
      startOver: () => void systemClock.after(ANSWER_MS, () => over.resolve(new Error('adopted: starting over'))),
      pid: process.pid,
      say: log,
      meters: createMeters(),
      ...(spans ? { spans } : {}),
      processFigures: () => [...(own?.read() ?? []), ...figuresOf(counts)],
    })
  const actor = orSayDamaged(files.store, startHere)
  // Good to have, and no more: without it everything goes on.
  const describe = () =>
    bus
      .logStream(address)
      .describe()
      .catch(error => log.warn({ err: error }, 'what describes the stream could not be brought up to date'))
  let cutting: { stop: () => void } | undefined
  let stopping = false
  const tend = () => {
    if (stopping) return
    void describe()
    if (config.streamDays > 0)
      cutting = startCutting({
        stream: bus.logStream(address),
        clock: systemClock,
        keepMs: config.streamDays * DAY_MS,
        readers,
        askCursor: reader => askCursor(bus, reader, sourceOf(address)),
        readLog: (from, limit) => askLog(bus, sourceOf(address), from, limit),
        warn: text => log.warn({}, text),
      })
  }
  // An actor that can not open says so in `failed`.
  void actor.opened.then(tend, () => {})
  const service = answerAsService(bus, {
    name,
    id: systemRandom.uuid(),
    version: productVersion,
    description: definition.contract.summary,
    metadata: { 'kassa.owner': sourceOf(address) },
    startedAt: systemClock.now(),
    endpoints,
    counts,
  })
  const guard = guardStore(guarded, systemClock, over.resolve)

  return {
    stop: async () => {
      stopping = true
      cutting?.stop()
      own?.stop()
      await service.stop()
      await actor.stop()
      mailer?.close()
      poster?.close()
      await bus.close()
      await spans?.stop()
      guard.stop()
      guarded.close()
      keys.close()
    },
    opened: actor.opened,
    failed: Promise.race([
      over.promise,
      actor.failed.then(error => {
        // A row or an entry that proved wrong when it was read, though its page may be as it was written.
        if (error instanceof StoreDamaged) guarded.condemn(error)
        if (!(error instanceof HistoryRefused)) return error
        log.error({}, error.message)
        // Starting over would find the same: it stays up, and /readyz shows the reason.
        return new Promise<never>(() => {})
      }),
    ]),
  }
}

// What it asks itself, its own log, it asks by memory: at the broker no actor may.
const alone: Join = bus => createNeighbours(systemClock)(bus)

/** Asks whether another one answers as the user that may only watch: no actor may ask what it answers itself. */
const refuseAnother = async (
  config: Config & { natsUrl: string },
  address: Address,
  bus: Bus,
  log: Log,
): Promise<void> => {
  const { natsUrl: url } = config
  const haveLists = [userOf(address), READER].every(user => asItself(config, url, user) !== undefined)
  if (!haveLists) return refuseSecondOwner(bus, address)
  let watcher: Bus
  try {
    watcher = await connectNats({
      url,
      name: READER,
      access: accessOf(config, url, READER),
      connectTimeoutMs: WATCHER_MS,
      log,
    })
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return log.warn({ reason: error.message }, 'nobody could be asked whether another one answers for this actor')
  }
  try {
    await refuseSecondOwner(watcher, address)
  } finally {
    await watcher.close()
  }
}

type Mail = Pick<Outside, 'mailer' | 'caught'>

// What speaks with mail servers is much code, and is read by those who have one.
const mailOf = async ({ mail, smtpUrl, mailFrom }: Config, log: Log): Promise<Mail> => {
  const heard = (mailer: Mailer) => withRefusalsInTheLog(mailer, log, systemClock)
  if (smtpUrl !== undefined) {
    const { createSmtpMailer } = await import('../mail/smtp.ts')
    return { mailer: heard(createSmtpMailer({ url: smtpUrl, from: mailFrom }, systemClock)) }
  }
  if (mail === undefined) return {}
  log.warn({}, 'KASSA_MAIL=mailbox: letters reach nobody; the last of them are kept in memory for /v1/mailbox')
  const { catchLetters } = await import('../mail/caught-letters.ts')
  const { mailer, caught } = catchLetters({ from: mailFrom }, systemClock, systemRandom)
  return { mailer: heard(mailer), caught }
}

const openLocked = <T>(path: string, open: (path: string) => T): T => {
  try {
    return orSayDamaged(path, () => open(path))
  } catch (error) {
    if (error instanceof StoreLocked) throw plainFault(exitCodes.unavailable, error.message)
    throw error
  }
}

// To start over would find the same: a person must act.
const orSayDamaged = <T>(path: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error
    const advice = path.endsWith('.keys.db')
      ? 'put back a copy of it: without these keys, what is personal in the log cannot be read'
      : 'move it away, with the files named like it and -wal, and start again: it is rebuilt from its stream'
    throw plainFault(exitCodes.configuration, `Cannot use ${path}, which is damaged: ${error.message}; ${advice}`)
  }
}

/** Messages that were in a stream and are not ours: a JSON line each. */
const keepAside = (dataDir: string, stream: Address, entries: Entry[]): void => {
  const directory = join(dataDir, 'aside')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lines = entries.map(
    entry => `${JSON.stringify({ ...entry, body: Buffer.from(entry.body).toString('base64') })}\n`,
  )
  appendFileSync(join(directory, `${streamOf(stream)}.jsonl`), lines.join(''), { mode: 0o600 })
}
