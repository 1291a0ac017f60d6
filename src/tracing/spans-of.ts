/** The spans of a process: sent to a collector where one is configured, and else not there at all. */

import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { systemClock } from '../world/clock.ts'
import type { Spans } from './span.ts'

/** Gives undefined without a collector; nothing of the exporter is loaded then. */
export const spansOf = async (
  { otlpEndpoint, otlpHeaders }: Pick<Config, 'otlpEndpoint' | 'otlpHeaders'>,
  process: string,
  log: Log,
): Promise<Spans | undefined> => {
  if (otlpEndpoint === undefined) return undefined
  const { createOtlpSpans } = await import('./otlp.ts')
  const url = `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`
  return createOtlpSpans({ url, headers: otlpHeaders ?? {}, service: `kassa-${process}`, clock: systemClock, log })
}
