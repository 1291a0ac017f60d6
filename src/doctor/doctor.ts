/** The command `doctor`: everything that can be wrong with an installation, running or stopped, each with what mends it. */
import { OPERATOR } from '../actors/broker-users.ts'
import { accessOf } from '../bus/broker-access.ts'
import type { Bus } from '../bus/bus.ts'
import { connectNats } from '../bus/nats.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { whyNoMail } from '../mail/reachable.ts'
import { isAlive } from '../processes/running.ts'
import { isLocked } from '../start/data-lock.ts'
import { readRunFile } from '../start/run-file.ts'
import { productVersion } from '../version.ts'
import { examineActors, seeActors } from './examine-actors.ts'
import { examineBroker, examineServerToRun } from './examine-broker.ts'
import { examineDisk, examinePorts, examineRuntime } from './examine-machine.ts'
import { examineClock, examineStores } from './examine-stores.ts'
import { type Finding, look, well, wrong } from './finding.ts'

const CONNECT_MS = 5_000
const ANSWER_MS = 5_000

/** `url` is the gateway's, where it has answered already. */
type Running = { url: string | undefined; natsUrl: string | undefined }

/**
 * Examines everything and says a line each, or with `json` one document; `warnings` are those of the configuration.
 * Gives 0 where nothing is wrong, 1 where something is.
 */
export const doctor = async (
  config: Config,
  { json, warnings, say }: { json: boolean; warnings: readonly string[]; say: (line: string) => void },
): Promise<ExitCode> => {
  const running = runningOn(config.dataDir)
  const findings = [
    examineRuntime(),
    ...warnings.map(warning => look('configuration', warning, 'correct the name, or unset it')),
    ...examineDisk(config.dataDir),
    ...(running ? await examineRunning(config, running) : await examineStopped(config)),
    await examineMail(config),
  ]
  const ok = findings.every(({ state }) => state !== 'wrong')
  if (json) say(JSON.stringify({ version: productVersion, running: running !== undefined, ok, findings }, null, 2))
  else for (const finding of findings) say(linesOf(finding))
  return ok ? exitCodes.ok : exitCodes.failed
}

// A run file alone may be what a killed start has left.
const runningOn = (dataDir: string): Running | undefined => {
  const run = readRunFile(dataDir)
  return run && isAlive(run.pid) && isLocked(dataDir) ? { url: run.url, natsUrl: run.natsUrl } : undefined
}

const examineStopped = async (config: Config): Promise<Finding[]> => {
  const { natsUrl } = config
  const stores = examineStores(config.dataDir)
  return [
    well('kassa', `does not run on ${config.dataDir}; to start it: npm start`),
    ...(await examinePorts(config)),
    ...(natsUrl === undefined
      ? [await examineServerToRun(config)]
      : await withBroker(config, natsUrl, bus => examineBroker(bus, natsUrl))),
    ...stores.findings,
    examineClock(stores.lastAt, Date.now()),
  ]
}

const examineRunning = async (config: Config, { url, natsUrl = config.natsUrl }: Running): Promise<Finding[]> => {
  const gateway = await examineGateway(url)
  if (natsUrl === undefined)
    return [gateway, wrong('broker', 'is not up yet', 'wait a moment, then: npm start -- doctor')]
  return [
    gateway,
    ...(await withBroker(config, natsUrl, async bus => {
      const seen = await seeActors(bus)
      const lastAt = seen.flatMap(({ lastAt }) => (lastAt === undefined ? [] : [lastAt]))
      return [...(await examineBroker(bus, natsUrl)), ...examineActors(seen), examineClock(lastAt, Date.now())]
    })),
  ]
}

const examineGateway = async (url: string | undefined): Promise<Finding> => {
  if (url === undefined)
    return wrong('gateway', 'has not answered yet: Kassa is starting, or a part can not', 'see what npm start says')
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(ANSWER_MS) })
    await response.arrayBuffer()
    return well('gateway', `answers at ${url}`)
  } catch (fault) {
    // With a certificate of one's own the command line has no authority to check it by; that somebody greets is enough.
    const cause = fault instanceof Error ? fault.cause : undefined
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (/CERT|SELF_SIGNED|TLS_/.test(code)) return well('gateway', `answers at ${url}, by a certificate of your own`)
    return wrong('gateway', `does not answer at ${url}`, 'see its last lines in the log, then stop and start Kassa')
  }
}

const withBroker = async (
  config: Config,
  url: string,
  examine: (bus: Bus) => Promise<Finding[]>,
): Promise<Finding[]> => {
  let bus: Bus
  try {
    const access = accessOf(config, url, OPERATOR)
    bus = await connectNats({ url, name: 'doctor', access, connectTimeoutMs: CONNECT_MS })
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault
    return [
      wrong(
        'broker',
        fault.message,
        config.natsUrl === undefined ? 'stop and start Kassa' : 'start it, or correct NATS_URL',
      ),
    ]
  }
  try {
    return await examine(bus)
  } finally {
    await bus.close()
  }
}

const examineMail = async ({ mail, smtpUrl }: Pick<Config, 'mail' | 'smtpUrl'>): Promise<Finding> => {
  if (mail !== undefined)
    return look(
      'mail',
      'KASSA_MAIL=mailbox: letters reach nobody, the last of them are kept in memory',
      'to send them, unset it and give KASSA_SMTP_URL; to read them: GET /v1/mailbox',
    )
  if (smtpUrl === undefined) return well('mail', 'no KASSA_SMTP_URL: letters are stored and count as sent')
  const where = new URL(smtpUrl).host
  const why = await whyNoMail({ url: smtpUrl })
  if (why === undefined) return well('mail', `${where} takes letters`)
  return wrong('mail', `${where}: ${why}`, 'correct KASSA_SMTP_URL, or start that server; letters wait meanwhile')
}

const MARKS = { well: 'ok  ', look: 'look', wrong: 'BAD ' }

const linesOf = ({ about, state, says, mend }: Finding): string => {
  const line = `${MARKS[state]}  ${about}: ${says}`
  return mend === undefined ? line : `${line}\n        → ${mend}`
}
