/** The subcommands: what each is for, and what it runs. */
import { resolve } from 'node:path'
import { ACTOR_NAMES, isActorName } from './actors/registry.ts'
import { Unavailable } from './bus/unavailable.ts'
import { type Config, readConfig } from './config.ts'
import { type ExitCode, exitCodes, plainFault } from './exit.ts'
import { createLog } from './log.ts'
import { DEAD_LETTER_OPTIONS, DEAD_LETTER_WORDS } from './operating/dead-letter-words.ts'
import { endWithFault, endWithParent } from './processes/child.ts'
import { giveBackMemory } from './processes/give-back.ts'
import { describeRuntime } from './processes/runtime.ts'
import { productVersion } from './version.ts'

export type Subcommand = {
  name: string
  /** What follows the name: none, or the words in angle brackets. */
  operands: string
  meaning: string
  /** It reads as many words as follow by itself; others take one at the most. */
  readsWords?: true
  /** More lines of its help. */
  details?: string
  run(operands: string[]): Promise<ExitCode>
}

export const subcommands: Subcommand[] = [
  { name: 'start', operands: '', meaning: 'run everything on this machine (also without a subcommand)', run: runStart },
  { name: 'actor', operands: `<${ACTOR_NAMES.join('|')}>`, meaning: 'run one actor against NATS_URL', run: runActor },
  { name: 'gateway', operands: '', meaning: 'run the gateway against NATS_URL', run: runGateway },
  {
    name: 'keeper',
    operands: '',
    meaning: 'make the streams of actors that are run alone, on a broker with users (NATS_URL)',
    run: runKeeper,
  },
  { name: 'all', operands: '', meaning: 'run the gateway and all actors in one process against NATS_URL', run: runAll },
  { name: 'verify', operands: '', meaning: 'compare tables, log and books; exit 1 at any difference', run: runVerify },
  {
    name: 'backup',
    operands: '<directory>',
    meaning: 'a consistent, proven copy of all stores and keys, running or stopped',
    run: runBackup,
  },
  {
    name: 'restore',
    operands: '<directory>',
    meaning: 'put a backup into empty data; the next start takes the rest from the streams',
    run: runRestore,
  },
  {
    name: 'adopt',
    operands: `[${ACTOR_NAMES.join('|')}|all]`,
    meaning: 'show what is known of a refused store; with its name go on with it, and give up what it lacks',
    run: runAdopt,
  },
  {
    name: 'keys',
    operands: '<create|list|revoke> …',
    meaning: 'who may use the HTTP API; the first key shuts it for everybody without one (npm start -- keys)',
    readsWords: true,
    run: runKeysCommand,
  },
  {
    name: 'dead-letters',
    operands: DEAD_LETTER_WORDS,
    meaning: 'what could not be carried out: see it, carry it out once more, or give it up',
    readsWords: true,
    details: DEAD_LETTER_OPTIONS,
    run: runDeadLetters,
  },
  {
    name: 'doctor',
    operands: '[--json]',
    meaning: 'look at everything, running or stopped: what is wrong, and what mends it; exit 1 where something is',
    run: runDoctor,
  },
  {
    name: 'cheatsheet',
    operands: '',
    meaning: 'lines to copy for curl and the NATS CLI, with the addresses and ids of the Kassa that runs',
    run: runCheatsheet,
  },
  {
    name: 'nats-context',
    operands: '[reader] [--yes]',
    meaning: 'write a context for the nats command line, so that nats --context kassa … works; asks first',
    readsWords: true,
    run: runNatsContext,
  },
  {
    name: 'nats-config',
    operands: '',
    meaning: 'print the users of Kassa for the configuration of a nats-server of your own',
    run: runNatsConfig,
  },
  { name: 'version', operands: '', meaning: 'print the version', run: runVersion },
]

async function runStart(): Promise<ExitCode> {
  const { config, warnings } = readConfig(process.env)
  const { start } = await import('./start/start.ts')
  return start(config, warnings)
}

async function runActor([name = '']: string[]): Promise<ExitCode> {
  if (!isActorName(name))
    throw plainFault(exitCodes.usage, `Cannot run actor "${name}"; give one of: ${ACTOR_NAMES.join(', ')}`)
  const config = configForOnePart()
  const { startActor } = await import('./actors/process.ts')
  return runPart(startActor(name, config, createLog(config.logLevel, name)))
}

async function runGateway(): Promise<ExitCode> {
  const config = configForOnePart()
  const { startGateway } = await import('./gateway/process.ts')
  return runPart(startGateway(config, createLog(config.logLevel, 'gateway')))
}

async function runKeeper(): Promise<ExitCode> {
  const config = configForOnePart()
  const { startKeeper } = await import('./start/keeper.ts')
  return runPart(Promise.resolve(startKeeper(config, config.natsUrl, createLog(config.logLevel, 'keeper'))))
}

async function runAll(): Promise<ExitCode> {
  const config = configForOnePart()
  const { startAll } = await import('./one-process.ts')
  return runPart(startAll(config))
}

async function runVerify(): Promise<ExitCode> {
  const { config, warnings } = readConfig(process.env)
  for (const warning of warnings) console.error(`Warning: ${warning}`)
  const [{ verify }, { readRunFile }, { OWN_BROKER }] = await Promise.all([
    import('./actors/verify.ts'),
    import('./start/run-file.ts'),
    import('./bus/broker-access.ts'),
  ])
  // While it runs, the actors are asked, on whatever port their broker has come to be.
  const natsUrl = config.natsUrl ?? readRunFile(config.dataDir)?.natsUrl
  return verify({ ...config, natsUrl, ...(config.natsUrl ? {} : OWN_BROKER) }, line => console.log(line))
}

async function runBackup([directory]: string[]): Promise<ExitCode> {
  if (directory === undefined) throw plainFault(exitCodes.usage, 'Cannot make a backup; give a new directory for it')
  const { config } = readConfig(process.env)
  const { backup } = await import('./backup/backup.ts')
  return orUnavailable(backup(config, resolve(directory), line => console.log(line)))
}

async function runRestore([directory]: string[]): Promise<ExitCode> {
  if (directory === undefined) throw plainFault(exitCodes.usage, 'Cannot restore; give the directory of a backup')
  const { config } = readConfig(process.env)
  const { restore } = await import('./backup/restore.ts')
  return restore(config, resolve(directory), line => console.log(line))
}

async function runAdopt([whom]: string[]): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const { adopt } = await import('./backup/adopt.ts')
  return orUnavailable(adopt(config, whom, line => console.log(line)))
}

async function runDoctor([option]: string[]): Promise<ExitCode> {
  if (option !== undefined && option !== '--json')
    throw plainFault(exitCodes.usage, `Cannot read "${option}"; doctor takes --json and nothing else`)
  const { config, warnings } = readConfig(process.env)
  const { doctor } = await import('./doctor/doctor.ts')
  return doctor(config, { json: option === '--json', warnings, say: line => console.log(line) })
}

async function runCheatsheet(): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const { cheatsheet } = await import('./operating/cheatsheet.ts')
  return cheatsheet(config, line => console.log(line))
}

async function runDeadLetters(words: string[]): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const { deadLetters } = await import('./operating/dead-letters.ts')
  return deadLetters(config, words, { say: line => console.log(line), warn: line => console.error(line) })
}

/** That a part does not answer is no defect: the person at the terminal is told, and may try again. */
async function orUnavailable(work: Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    throw plainFault(exitCodes.unavailable, `${error.message}; see /readyz, and try again`)
  }
}

async function runKeysCommand(words: string[]): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const { runKeys } = await import('./access/keys-command.ts')
  const { dataDir } = config
  return runKeys(words, {
    dataDir,
    now: Date.now,
    print: line => console.log(line),
    explain: line => console.error(line),
  })
}

async function runNatsContext(words: string[]): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const [{ natsContext }, { createInterface }] = await Promise.all([
    import('./start/nats-context.ts'),
    import('node:readline/promises'),
  ])
  return natsContext(config, words, process.env, {
    say: line => console.log(line),
    ask: async question => {
      const terminal = createInterface({ input: process.stdin, output: process.stdout })
      // Who closes the input has not said yes.
      const closed = new Promise<string>(resolve => terminal.once('close', () => resolve('')))
      const answer = await Promise.race([terminal.question(question), closed])
      terminal.close()
      return /^y(es)?$/i.test(answer.trim())
    },
  })
}

async function runNatsConfig(): Promise<ExitCode> {
  const { config } = readConfig(process.env)
  const { natsConfig } = await import('./start/nats-config.ts')
  console.log(natsConfig(config.dataDir))
  return exitCodes.ok
}

async function runVersion(): Promise<ExitCode> {
  console.log(`kassa ${productVersion} (${describeRuntime()})`)
  return exitCodes.ok
}

/** The parts of a start are told the broker; one that is run alone falls back on the usual port. */
function configForOnePart(): Config & { natsUrl: string } {
  const { config } = readConfig(process.env)
  return { ...config, natsUrl: config.natsUrl ?? `nats://127.0.0.1:${config.natsPort}` }
}

type Part = { stop(): Promise<void>; readAgain?(): void; opened?: Promise<unknown>; failed?: Promise<Error> }

/** Runs a part until it is told to stop (`endWithParent` then ends the process), or until it fails. */
async function runPart(starting: Promise<Part>): Promise<ExitCode> {
  let part: Part | undefined
  // Before it has started it has promised nothing to anybody: it may just end.
  endWithParent(
    async () => part?.stop(),
    () => part?.readAgain?.(),
  )
  part = await starting
  // Whether it opened or was refused, what its start has needed lies about.
  void Promise.allSettled([part.opened]).then(() => giveBackMemory())

  return endWithFault(await (part.failed ?? new Promise<never>(() => {})))
}
