/** The gateway of the Kassa that runs on these data, as a command at the terminal asks it. */
import { readFileSync } from 'node:fs'
import type { ProblemDocument } from '../bus/problem.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { isAlive } from '../processes/running.ts'
import { isLocked } from '../start/data-lock.ts'
import { readRunFile } from '../start/run-file.ts'

/** A yes, or the problem document of a no. `unanswered` names actors whose part is missing in it (`order/0, billing/0`). */
export type Answer<T> = { ok: true; value: T; unanswered: string | undefined } | { ok: false; problem: ProblemDocument }

export type RunningGateway = {
  url: string
  natsUrl: string | undefined
  get<T>(path: string): Promise<Answer<T>>
  post<T>(path: string, body: unknown): Promise<Answer<T>>
}

/** Longer than the gateway itself tries before a request is 503. */
const SPARE_MS = 5_000

/**
 * Found by the run file. `keyFile` holds the key to ask with, once keys are needed. Throws a plain fault: 69 when no
 * Kassa runs on the data or it does not answer, 2 when the key can't be read, 1 when it is not let in.
 */
export const runningGateway = (
  { dataDir, requestDeadlineMs }: Pick<Config, 'dataDir' | 'requestDeadlineMs'>,
  keyFile: string | undefined,
): RunningGateway => {
  const run = readRunFile(dataDir)
  // A run file alone may be what a killed start has left, and its port another's by now.
  if (run?.url === undefined || !isAlive(run.pid) || !isLocked(dataDir))
    throw plainFault(
      exitCodes.unavailable,
      `No Kassa runs on the data in ${dataDir}, or it is only just starting: start it, or choose other data by KASSA_DATA`,
    )
  const { url, natsUrl } = run
  const key: Record<string, string> = keyFile === undefined ? {} : { Authorization: `Bearer ${keyIn(keyFile)}` }

  const ask = async <T>(path: string, more: RequestInit): Promise<Answer<T>> => {
    let response: Response
    let text: string
    try {
      const headers = { ...key, 'Content-Type': 'application/json' }
      response = await fetch(`${url}${path}`, {
        ...more,
        headers,
        signal: AbortSignal.timeout(requestDeadlineMs + SPARE_MS),
      })
      text = await response.text()
    } catch (fault) {
      throw plainFault(exitCodes.unavailable, `${url} does not answer (${(fault as Error).message}); try again`)
    }
    const unanswered = response.headers.get('kassa-unanswered') ?? undefined
    if (response.ok) return { ok: true, value: JSON.parse(text) as T, unanswered }
    const problem = JSON.parse(text) as ProblemDocument
    if (response.status === 503) throw plainFault(exitCodes.unavailable, `${problem.detail}; see ${url}/readyz`)
    if (response.status === 401 || response.status === 403)
      throw plainFault(
        exitCodes.failed,
        `${problem.detail}; an operator's key is needed: --key-file, or KASSA_OPERATOR_KEY_FILE`,
      )
    return { ok: false, problem }
  }

  return {
    url,
    natsUrl,
    get: path => ask(path, {}),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  }
}

const keyIn = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (fault) {
    throw plainFault(exitCodes.usage, `Cannot read the key: ${(fault as Error).message}`)
  }
}
