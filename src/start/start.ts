/** The start: everything on this machine, from the lock on the data to the banner, until it is asked to stop. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { refuseUnsafeStart } from '../access/unsafe-start.ts'
import { OPERATOR } from '../actors/broker-users.ts'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { keyFileOf } from '../bus/broker-keys.ts'
import { shownUrl } from '../bus/broker-url.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { createLog } from '../log.ts'
import { giveBackMemory } from '../processes/give-back.ts'
import { createSupervisor, type Part, type Supervisor } from '../processes/supervisor.ts'
import { refuseHalfRestored } from '../restoring.ts'
import { banner } from './banner.ts'
import { startBreaker } from './breaker.ts'
import { type Broker, prepareBroker } from './broker.ts'
import { lockData } from './data-lock.ts'
import { endsTheStart } from './ends-the-start.ts'
import { tellHappening } from './happenings.ts'
import { startKeeper } from './keeper.ts'
import { awaitLeftovers } from './leftovers.ts'
import { actorPart, DOORS, gatewayPart, onePart } from './parts.ts'
import { type PortChoice, portChoice } from './port-choice.ts'
import { untilReady } from './readiness.ts'
import { removeRunFile, writeRunFile } from './run-file.ts'
import { onSignals } from './signals.ts'

/** An empty variable counts as unset. */
const NO_CREDENTIALS = { NATS_NKEY: '', NATS_CREDS: '', NATS_CA: '', NATS_CERT: '', NATS_KEY: '' }

const DEMO_WARNING = 'KASSA_DEMO=1: whoever may ask this Kassa may also break it, at /console#/try'

const say = (line: string) => console.error(line)

/** Who listens everywhere is asked at home. */
const SEEN_FROM_HERE: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Runs until a signal; resolves with the exit code. `warnings` of the configuration are said with the banner. */
export async function start(config: Config, warnings: string[]): Promise<ExitCode> {
  refuseUnsafeStart(config, Date.now())
  const unlock = lockData(config.dataDir)
  try {
    refuseHalfRestored(config.dataDir)
    // Whoever had a copy made deletes it, unless it was killed; with the data locked nobody has one.
    rmSync(join(config.dataDir, 'copies'), { recursive: true, force: true })
    await awaitLeftovers(config.dataDir, say)
    writeRunFile(config.dataDir, { pid: process.pid, startedAt: startedAt() })
    const wish = {
      host: config.host,
      port: config.port,
      asked: config.portAsked,
      purpose: 'the gateway',
      variable: 'KASSA_PORT',
    }
    const gatewayPort = await portChoice(wish, say)
    return await runUntilStopped(config, warnings, await prepareBroker(config, say), gatewayPort)
  } finally {
    removeRunFile(config.dataDir)
    unlock()
  }
}

async function runUntilStopped(
  config: Config,
  warnings: string[],
  broker: Broker,
  gatewayPort: PortChoice,
): Promise<ExitCode> {
  const over = Promise.withResolvers<ExitCode>()
  const waiting = new AbortController()
  const log = createLog(config.logLevel, 'supervisor')
  const supervisor = createSupervisor(happening => {
    const exitCode = endsTheStart(happening, { wasReady: waiting.signal.aborted })
    tellHappening(happening, exitCode !== undefined, log, say)
    if (exitCode !== undefined) over.resolve(exitCode)
  })
  onSignals({
    stop: () => over.resolve(exitCodes.ok),
    hurry: supervisor.hurry,
    readAgain: () => {
      for (const door of DOORS) supervisor.hangUp(door)
    },
  })

  const beside: { stop: () => Promise<void> }[] = []
  const keep = (natsUrl: string) => {
    if (waiting.signal.aborted) return
    beside.push(startKeeper(config, natsUrl, log))
    if (config.demo) beside.push(startBreaker(config, natsUrl, { ...config, kill: supervisor.kill, log }))
  }
  bringUp(config, warnings, broker, gatewayPort, supervisor, { waiting, keep }).catch(over.reject)
  try {
    return await over.promise
  } finally {
    waiting.abort()
    const began = performance.now()
    say('Stopping: the gateway, then the actors, then the broker if it is ours')
    await supervisor.stop()
    for (const one of beside) await one.stop()
    say(`Stopped in ${Math.round(performance.now() - began)} ms`)
  }
}

/** Starts the parts in order, what goes beside them (`keep`), waits until they are ready and prints the banner; `waiting` then ends. */
async function bringUp(
  config: Config,
  warnings: string[],
  broker: Broker,
  gatewayPort: PortChoice,
  supervisor: Supervisor,
  { waiting, keep }: { waiting: AbortController; keep: (natsUrl: string) => void },
): Promise<void> {
  const natsUrl = await broker.start(supervisor)
  keep(natsUrl)
  // As soon as it is known: `verify` asks the actors, also when they can't get ready.
  writeRunFile(config.dataDir, { pid: process.pid, startedAt: startedAt(), natsUrl })
  // What somebody has set for another broker does not get in at ours.
  const access = broker.isOwn ? NO_CREDENTIALS : {}
  const env = { ...process.env, ...access, NATS_URL: natsUrl, KASSA_DATA: config.dataDir }
  for (const part of partsOf(config, env, gatewayPort)) supervisor.keep(part)

  const scheme = config.tlsCert === undefined ? 'http' : 'https'
  const host = SEEN_FROM_HERE[config.host] ?? config.host
  const url = () => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${gatewayPort.current()}`
  const found = await untilReady({ url, natsUrl: shownUrl(natsUrl), signal: waiting.signal }, say)
  if (waiting.signal.aborted) return

  waiting.abort()
  gatewayPort.settle()
  writeRunFile(config.dataDir, { pid: process.pid, startedAt: startedAt(), url: url(), natsUrl })
  const tookMs = performance.now()
  const { dataDir } = config
  const { description, isOwn } = broker
  const natsKeyFile = isOwn ? keyFileOf(dataDir, OPERATOR) : undefined
  const warned = [...warnings, ...found, ...(config.demo ? [DEMO_WARNING] : [])]
  console.log(
    banner({
      url: url(),
      natsUrl: shownUrl(natsUrl),
      natsKeyFile,
      broker: description,
      dataDir,
      tookMs,
      warnings: warned,
    }),
  )
  await giveBackMemory()
}

const partsOf = ({ processes }: Config, env: NodeJS.ProcessEnv, gatewayPort: PortChoice): Part[] =>
  processes === 'one'
    ? [onePart(env, gatewayPort)]
    : [...ACTOR_NAMES.map(name => actorPart(name, env)), gatewayPart(env, gatewayPort)]

/** When this process began, to the second. */
function startedAt(): string {
  return `${new Date(performance.timeOrigin).toISOString().slice(0, 19)}Z`
}
