/** What a campaign prints at its end: faults by kind, what came of the requests, how quickly it recovered, and the bound. */
import type { CampaignResult } from './campaign.ts'
import { KINDS, type Kind } from './faults.ts'

/** So many of each kind make a long campaign; one of this many minutes must have them. */
const WANTED_OF_EACH = 20
const LONG_MINUTES = 60

const median = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** Kinds that should have come and did not, or not often enough. */
export const missing = ({ rounds, means }: CampaignResult, minutes: number, wanted: readonly Kind[]): Kind[] => {
  const least = minutes >= LONG_MINUTES ? WANTED_OF_EACH : 1
  const counts = countsOf(rounds)
  return wanted.filter(kind => !means.leftOut.has(kind) && (counts.get(kind)?.length ?? 0) < least)
}

const countsOf = (rounds: CampaignResult['rounds']): Map<Kind, number[]> => {
  const recoveries = new Map<Kind, number[]>()
  for (const { kind, recoveryMs } of rounds.flatMap(({ suffered }) => suffered))
    recoveries.set(kind, [...(recoveries.get(kind) ?? []), recoveryMs])
  return recoveries
}

export const report = (result: CampaignResult): string[] => {
  const { rounds, broken, kept, means, minutes } = result
  const recoveries = countsOf(rounds)
  const all = rounds.flatMap(({ suffered }) => suffered.map(({ recoveryMs }) => recoveryMs)).sort((a, b) => a - b)
  const tally = rounds.map(({ verdict }) => verdict.tally)
  const sum = (field: keyof (typeof tally)[number]): number => tally.reduce((total, one) => total + one[field], 0)
  const found = rounds.flatMap(({ verdict }) => verdict.violations)
  const of = (kind: string): number => found.filter(one => one.kind === kind).length
  const blamed = rounds.reduce((total, one) => total + one.blamed.length, 0)
  const acknowledged = sum('acknowledged')
  const mailRates = rounds.filter(({ byMail }) => byMail).map(({ calmRate }) => calmRate)
  const rates = rounds.filter(({ byMail }) => !byMail).map(({ calmRate }) => calmRate)
  const mean = (list: number[]): string =>
    list.length === 0 ? 'none' : String(Math.round(list.reduce((total, one) => total + one, 0) / list.length))

  return [
    `${minutes.toFixed(1)} minutes, ${rounds.length} rounds, ${all.length} faults:`,
    ...KINDS.map(kind => {
      const sorted = (recoveries.get(kind) ?? []).sort((a, b) => a - b)
      const why = means.leftOut.has(kind) ? `left out: ${means.leftOut.get(kind)}` : ''
      const took =
        sorted.length > 0 ? `well again after ${ms(median(sorted, 0.5))} (p50), ${ms(sorted.at(-1)!)} (longest)` : why
      return `${String(sorted.length).padStart(6)}  ${kind.padEnd(36)} ${took}`
    }),
    `acknowledged ${acknowledged} requests, ${sum('acknowledgedOrders')} of them orders; ${sum('repeated')} were asked again and answered again`,
    `refused ${sum('refused')}, unknown ${sum('unknown')} (of which ${sum('unknownDone')} were carried out)`,
    `lost ${of('lost')}, doubled ${of('doubled')}, otherwise wrong ${of('wrong') + blamed + broken.length}`,
    `queued commands that went with their destroyed queue, which is no promise: ${sum('queueLost')}`,
    `queued orders set aside because their user came too late for them: ${sum('setAside')}`,
    `letters that arrived more than once, which e-mail may: ${rounds.reduce((total, one) => total + one.verdict.lettersTwice, 0)}`,
    `recovery p50 ${ms(median(all, 0.5))}, p99 ${ms(median(all, 0.99))}, longest ${ms(all.at(-1) ?? 0)}`,
    `acknowledged orders/s between faults: ${mean(rates)} (with mail ${mean(mailRates)}, where fewer are asked for)`,
    bound(acknowledged, of('lost') + of('doubled')),
    ...kept.map(place => `The evidence of a round that went wrong lies in ${place}`),
  ]
}

/** The rule of three: where none of N went wrong, the share that does is below 3/N with 95 % certainty. */
const bound = (acknowledged: number, wrong: number): string =>
  wrong === 0 && acknowledged > 0
    ? `0 of ${acknowledged} acknowledged were lost or doubled: less than 1 in ${Math.floor(acknowledged / 3)} at 95 %`
    : `${wrong} of ${acknowledged} acknowledged were lost or doubled`

const ms = (time: number): string => (time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`)
