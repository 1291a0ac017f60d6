/** Restate as its user sees it: the server, the process of the service, and customers with money. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { anyFreePort } from '../../../src/processes/ports.ts'
import { openConnection } from '../../load/connection.ts'
import { post } from '../../load/requests.ts'
import type { Response } from '../../load/response-reader.ts'
import type { Process } from '../../processes.ts'
import type { Account } from './customer.ts'
import type { RestateFiles } from './fetch-restate.ts'
import type { ServiceSays } from './service.ts'

export type Restate = {
  port: number
  userIds: number[]
  processes: Process[]
  /** What all customers together had done; money in hundredths. */
  accounts: () => Promise<Account & { paid: number }>
  stop: () => Promise<void>
}

const HOST = '127.0.0.1'
const FIRST_USER = 93_493_453
const AMOUNT_MINOR = 900_000_000_000
const CONNECTIONS = 32
const START_MS = 120_000
const POLL_MS = 100

/**
 * Starts both with their data in `directory`, and makes `users` customers. Without `partitions` it has as many as it takes
 * by itself: each is a log of its own, and commits on its own.
 */
export const startRestate = async (
  files: RestateFiles,
  directory: string,
  { users, partitions }: { users: number; partitions?: number },
): Promise<Restate> => {
  mkdirSync(directory)
  const [port, adminPort, nodePort] = [await anyFreePort(HOST), await anyFreePort(HOST), await anyFreePort(HOST)]
  const service = fork(fileURLToPath(new URL('service.ts', import.meta.url)), [files.sdk], {
    // Else it writes two lines an invocation.
    env: { ...process.env, NODE_ENV: 'production', RESTATE_LOGGING: 'WARN' },
  })
  const server = startServer(files, directory, { port, adminPort, nodePort }, partitions)
  const stop = async () => {
    await Promise.all([end(service), end(server.child)])
  }

  try {
    const said = await Promise.race([once(service, 'message'), once(service, 'exit').then(() => undefined)])
    if (!said) throw new Error('Cannot measure Restate: the process of its service ended')
    await register(adminPort, (said[0] as ServiceSays).port, server)
    const userIds = Array.from({ length: users }, (_, index) => FIRST_USER + index)
    await ofEach(port, userIds, 'put', { amount: AMOUNT_MINOR })
    const processes = [
      { pid: server.child.pid!, role: 'restate-server' },
      { pid: service.pid!, role: 'service' },
    ]
    return { port, userIds, processes, accounts: () => accountsOf(port, userIds), stop }
  } catch (fault) {
    await stop()
    throw fault
  }
}

type Ports = { port: number; adminPort: number; nodePort: number }

/** Its own settings, but for where it listens and keeps its data, and that it tells nobody that it runs. */
const startServer = (
  files: RestateFiles,
  directory: string,
  { port, adminPort, nodePort }: Ports,
  partitions?: number,
) => {
  const logFile = join(directory, 'restate.log')
  const log = openSync(logFile, 'a')
  const child = spawn(files.server, ['--no-logo', '--base-dir', join(directory, 'data'), '--listen-mode', 'tcp'], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_NODE_NAME: 'bench',
      RESTATE_INGRESS__BIND_ADDRESS: `${HOST}:${port}`,
      RESTATE_ADMIN__BIND_ADDRESS: `${HOST}:${adminPort}`,
      RESTATE_BIND_ADDRESS: `${HOST}:${nodePort}`,
      ...(partitions === undefined ? {} : { RESTATE_DEFAULT_NUM_PARTITIONS: String(partitions) }),
    },
  })
  return { child, log: () => readFileSync(logFile, 'utf8').slice(-2000) }
}

/** Tells the server of the service, as soon as it listens. */
const register = async (adminPort: number, servicePort: number, { child, log }: ReturnType<typeof startServer>) => {
  const began = performance.now()
  for (;;) {
    const answer = await fetch(`http://${HOST}:${adminPort}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://${HOST}:${servicePort}` }),
    }).catch(() => undefined)
    if (answer?.ok) return
    if (child.exitCode !== null || performance.now() > began + START_MS)
      throw new Error(`Cannot measure Restate: ${answer ? await answer.text() : `its log ends:\n${log()}`}`)
    await sleep(POLL_MS)
  }
}

const accountsOf = async (port: number, userIds: readonly number[]): Promise<Account & { paid: number }> => {
  const bodies = await ofEach(port, userIds, 'account', {})
  const sum = { balance: 0, orders: 0, letters: 0 }
  for (const account of bodies.map(body => JSON.parse(body) as Account))
    for (const name of ['balance', 'orders', 'letters'] as const) sum[name] += account[name]
  return { ...sum, paid: AMOUNT_MINOR * userIds.length - sum.balance }
}

/** Calls `handler` of every customer, some at once; the answers. Throws when one is refused. */
const ofEach = async (port: number, userIds: readonly number[], handler: string, body: unknown): Promise<string[]> => {
  const answers: string[] = []
  const broken = Promise.withResolvers<never>()
  let next = 0
  const some = async () => {
    const connection = await openConnection(port, broken.reject)
    while (next < userIds.length) {
      const request = post(`/customer/${userIds[next++]}/${handler}`, body)
      const answer = await new Promise<Response>(answered => connection.ask(request, answered))
      if (answer.status !== 200)
        throw new Error(`Cannot call ${handler}: the answer was ${answer.status} ${answer.body}`)
      answers.push(answer.body.toString())
    }
    connection.close()
  }
  await Promise.race([Promise.all(Array.from({ length: CONNECTIONS }, some)), broken.promise])
  return answers
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
