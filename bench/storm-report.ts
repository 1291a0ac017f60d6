/** The report of a retry storm, as lines to read. */
import { latencyAt } from './load/latencies.ts'
import type { Pace, StormFigures } from './storm.ts'

/** What is wished: the share of the peak that is left in the storm, and how soon all is as before. */
const WISHED = { goodput: 0.7, recoveredS: 10 }

/** Acknowledged orders a second in the storm, as a share of the peak. */
export const goodputOf = ({ storm, peak }: StormFigures): number => storm.acknowledged / storm.seconds / peak.perSecond

/** Whether there were orders in the storm, each is there once and answered as it was, and the books agree. */
export const isWhole = ({ changed, lost, keys, made, paid, clean }: StormFigures): boolean =>
  keys > 0 && changed === 0 && lost === 0 && made === keys && paid === keys && clean

/** The lines of the report. */
export const stormReport = (figures: StormFigures): string[] => {
  const { peak, before, plan, storm, recoveredS, memory } = figures
  const perSecond = (count: number) => Math.round(count / storm.seconds)
  const share = storm.refused / storm.sent
  return [
    `peak                ${paceText(peak)}`,
    `an ordinary load    ${paceText(before)}`,
    `the storm           ${plan.clients} clients for ${storm.seconds.toFixed(0)} s, up to ${plan.perSecond} requests/s; each gives up after ${plan.timeoutMs} ms and asks again at once`,
    `  sent              ${perSecond(storm.sent)} requests/s`,
    `  acknowledged      ${perSecond(storm.acknowledged)} orders/s (${storm.pending} of ${storm.acknowledged} not yet settled): ${percent(goodputOf(figures))} of the peak (wished: ${percent(WISHED.goodput)})`,
    `  their time        p50 ${ms(latencyAt(storm.latencies, 0.5))}, p99 ${ms(latencyAt(storm.latencies, 0.99))}, with all attempts`,
    `  refused early     ${percent(share)} of the requests (429 or 503, with Retry-After), p50 ${ms(latencyAt(storm.refusals, 0.5))}, p99 ${ms(latencyAt(storm.refusals, 0.99))}`,
    `  given up          ${storm.timeouts}; other answers: ${othersText(storm.other)}`,
    `memory              ${memory.before.toFixed(0)} MB before, ${memory.most.toFixed(0)} MB at the most, ${memory.after.toFixed(0)} MB after`,
    `as before           ${recoveredS === undefined ? 'not within a minute' : `after ${recoveredS.toFixed(1)} s`} (wished: ${WISHED.recoveredS} s)`,
    `each order once     ${figures.keys} keys, ${figures.made} orders, ${figures.paid} paid; ${figures.lost} lost, ${figures.changed} answered otherwise later`,
    figures.clean ? 'verify: clean' : 'verify: NOT CLEAN',
  ]
}

const paceText = ({ perSecond, p50 }: Pace): string => `${Math.round(perSecond)} settled orders/s, p50 ${ms(p50)}`

const percent = (share: number): string => `${Math.round(share * 100)} %`

const ms = (time: number): string => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`

const othersText = (other: Record<string, number>): string =>
  Object.entries(other)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ') || 'none'
