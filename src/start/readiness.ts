/** Waiting until the gateway says that every part is ready. */
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const pollMs = 25
const askMs = 2_000
/** A start that takes longer than this says what it waits for, and again whenever that changes. */
const usualPatienceMs = 3_000
const shownMost = 600

export type Wait = { url: () => string; natsUrl: string; signal: AbortSignal; patienceMs?: number }

const readyzSchema = z.object({
  parts: z.array(
    z.object({
      part: z.string(),
      phase: z.string(),
      waits_for: z.string().nullable(),
      warning: z.string().optional(),
    }),
  ),
})

/**
 * Polls `/readyz` of `url()` until it answers 200, or until `signal` says that nobody waits any more. Gives the warnings
 * of parts that are open and yet not as they should be.
 */
export async function untilReady(
  { url, natsUrl, signal, patienceMs = usualPatienceMs }: Wait,
  say: (line: string) => void,
): Promise<string[]> {
  const began = performance.now()
  let said = ''

  while (!signal.aborted) {
    const answer = await askReadyz(url())
    if (answer?.status === 200) return warningsIn(answer.body)

    const waitsFor = answer
      ? closedParts(answer.body)
      : `the gateway, which does not answer yet (it needs the broker at ${natsUrl})`
    if (performance.now() - began > patienceMs && waitsFor !== said) {
      say(`Not ready yet; waiting for ${waitsFor}`)
      said = waitsFor
    }
    await sleep(pollMs)
  }
  return []
}

const partsIn = (body: string) => readyzSchema.safeParse(parseOr(body)).data?.parts ?? []

const warningsIn = (body: string): string[] =>
  partsIn(body).flatMap(({ part, warning }) => (warning === undefined ? [] : [`${part}: ${warning}`]))

/** Who is not open, at which step, for what: the same text as long as nothing has changed. */
function closedParts(body: string): string {
  const closed = partsIn(body)
    .filter(({ phase }) => phase !== 'open')
    .map(({ part, phase, waits_for }) => `${part} (${phase}${waits_for === null ? '' : `: ${waits_for}`})`)
  return closed.join(', ') || oneLine(body)
}

function parseOr(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // Somebody else answers on this port; what they say is shown as it is.
    return undefined
  }
}

async function askReadyz(url: string): Promise<{ status: number; body: string } | undefined> {
  return new Promise(resolve => {
    // It is our own gateway, whatever name its certificate has.
    const options = { timeout: askMs, agent: false, rejectUnauthorized: false }
    const get = url.startsWith('https:') ? getSecure : getPlain
    const request = get(`${url}/readyz`, options, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', () => resolve(undefined))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    request.on('timeout', () => request.destroy())
    // Not listening yet, or started again just now.
    request.on('error', () => resolve(undefined))
  })
}

function oneLine(body: string): string {
  return body.replace(/\s+/g, ' ').trim().slice(0, shownMost)
}
