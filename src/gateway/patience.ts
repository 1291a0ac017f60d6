/** Trying again what is not possible now, until a deadline. */
import { Unavailable } from '../bus/unavailable.ts'
import { pause } from '../world/clock.ts'
import type { Deadline } from './deadline.ts'
import type { GatewayPorts } from './ports.ts'

/** One attempt waits this long for its answer; an actor that lives answers far sooner. */
const ATTEMPT_MS = 2_000

/** The first pause; each next one is twice as long, up to the longest. An actor's restart takes about a second. */
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 400

/** A full mailbox is asked again this often; more would keep it full. */
const OVERLOADED_RETRIES = 2

/**
 * Calls `attempt` until it does not throw `Unavailable`, with growing pauses of random length. `attempt` must be harmless
 * to repeat. Throws its last `Unavailable` when the deadline comes.
 */
export const patiently = async <T>(
  ports: Pick<GatewayPorts, 'clock' | 'random'>,
  deadline: Deadline,
  attempt: (timeoutMs: number) => Promise<T>,
): Promise<T> => {
  const { timing } = deadline
  timing?.asks()
  try {
    return await again(ports, deadline, attempt)
  } finally {
    timing?.hasAsked()
  }
}

const again = async <T>(
  { clock, random }: Pick<GatewayPorts, 'clock' | 'random'>,
  deadline: Deadline,
  attempt: (timeoutMs: number) => Promise<T>,
): Promise<T> => {
  let overloaded = 0
  for (let longestMs = FIRST_PAUSE_MS; ; longestMs = Math.min(2 * longestMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(Math.max(1, Math.min(ATTEMPT_MS, deadline.leftMs())))
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault
      if (fault.code === 'overloaded' && ++overloaded > OVERLOADED_RETRIES) throw fault

      const pauseMs = longestMs * (0.5 + random.fraction() / 2)
      if (pauseMs >= deadline.leftMs()) throw fault
      await pause(clock, pauseMs)
    }
  }
}
