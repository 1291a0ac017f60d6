/** The keeper of a start: made ready beside the parts, whose streams and consumers it makes. */
import { ADDRESSES } from '../actors/registry.ts'
import { accessOf, asItself } from '../bus/broker-access.ts'
import { openKeeper } from '../bus/keeper.ts'
import { KEEPER } from '../bus/kept-api.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'

const CONNECT_MS = 10_000

/**
 * Connects to the broker at `natsUrl` and keeps, once it is there; tells the log while it can't. Where the processes
 * don't come as users of their own there is nothing to keep.
 */
export function startKeeper(
  config: Config,
  natsUrl: string,
  log: Pick<Log, 'warn' | 'error'>,
  connectTimeoutMs = CONNECT_MS,
): { stop: () => Promise<void> } {
  let stopped = false
  let open: { close: () => Promise<void> } | undefined
  const connect = async () => {
    if (asItself(config, natsUrl, KEEPER) === undefined) return
    const access = accessOf(config, natsUrl, KEEPER)
    // That the broker goes and comes back, it says itself.
    const quiet = { info: () => {}, warn: (facts: object, text: string) => log.warn(facts, text) }
    while (!stopped && !open) {
      try {
        open = await openKeeper({
          url: natsUrl,
          access,
          addresses: ADDRESSES,
          connectTimeoutMs,
          log: quiet,
        })
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        if (!stopped) log.warn({ reason: error.message }, 'nobody makes streams and consumers yet')
      }
    }
    if (stopped) await open?.close()
  }
  connect().catch(error => log.error({ err: error }, 'nobody makes streams and consumers'))

  return {
    // One that still looks for its broker is not waited for.
    stop: async () => {
      stopped = true
      await open?.close()
    },
  }
}
