/** How long a request may still take. */
import type { Exchange } from './exchange.ts'
import type { GatewayPorts } from './ports.ts'
import type { Timing } from './timing.ts'

/** `leftMs` is never below 0; `timing` notes what it is spent on. */
export type Deadline = { leftMs: () => number; timing?: Timing }

/** The deadline of a request, from when it had come; a gateway that is to end brings it nearer. */
export const deadlineOf = ({ clock, config, endsAt }: GatewayPorts, exchange: Exchange): Deadline => {
  const own = exchange.get('cameMs') + config.requestDeadlineMs
  return {
    leftMs: () => Math.max(0, Math.min(own, endsAt?.() ?? own) - clock.monotonic()),
    timing: exchange.get('timing'),
  }
}

/** `deadline`, or `ms` from now where that is sooner. */
export const soonerOf = (deadline: Deadline, ms: number, { clock }: Pick<GatewayPorts, 'clock'>): Deadline => {
  const own = clock.monotonic() + ms
  return { ...deadline, leftMs: () => Math.max(0, Math.min(deadline.leftMs(), own - clock.monotonic())) }
}
