/** How many requests the gateway works on at once: beyond that it says no at once, so that no queue grows in a storm. */
import { refuse } from './refused.ts'

/** Each holds a body, a reply and some timers: about 100 MB if all of them were as large as they may be. */
const IN_FLIGHT_MOST = 1_000

/** Runs one request, unless too many run already; then throws `Refused`. */
export const limitInFlight = (most = IN_FLIGHT_MOST) => {
  let inFlight = 0
  return async <T>(run: () => Promise<T>): Promise<T> => {
    if (inFlight >= most)
      throw refuse('overloaded', 'Too many requests are in flight; send the same request again later')
    inFlight++
    try {
      return await run()
    } finally {
      inFlight--
    }
  }
}
