/** A campaign: round after round, each on fresh data, until the minutes are over. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findMeans, KINDS, type Kind, type Means } from './faults.ts'
import { type RoundResult, runRound } from './round.ts'
import { planRound } from './schedule.ts'
import { seconds } from './surroundings.ts'

export type CampaignPlan = {
  minutes: number
  seed: number
  /** The first round, for repeating a later one by itself. */
  round: number
  /** Orders a second at the most. */
  rate: number
  /** Of these kinds alone. */
  kinds: readonly Kind[] | undefined
  /** The first round goes on until it has had so many, however long that takes; `Infinity` for all of its kinds. */
  leastFaults: number
  say: (line: string) => void
}

export type CampaignResult = {
  rounds: RoundResult[]
  means: Means
  /** What broke a round off, which is a fault as well. */
  broken: string[]
  /** Where the evidence of rounds lies that went wrong. */
  kept: string[]
  minutes: number
}

const ENTRY = fileURLToPath(new URL('../../bin/kassa.js', import.meta.url))
const CLIENTS = 48
const USERS = 150
/** With mail every letter is a connection of its own; a few users, whose letters can all be looked at. */
const CLIENTS_BY_MAIL = 8
const USERS_BY_MAIL = 30
const RATE_BY_MAIL = 30
const LONGEST_STOP_MS = 60_000
/** Below so many minutes nothing is held up for longer than this. */
const SHORT_MINUTES = 10
const LONGEST_STOP_IN_SHORT_MS = 4000
/** Longer than a start on a busy machine; a part that is started again waits up to 5 s. */
const RECOVERY_MS = 60_000
const REST_MS = 120_000
/** The end of a round, rest and checks, takes about so long; no fault begins in it. */
const END_MS = 25_000

export const isGoodRound = ({ verdict, blamed }: RoundResult): boolean =>
  verdict.violations.length === 0 && blamed.length === 0

export const runCampaign = async (plan: CampaignPlan): Promise<CampaignResult> => {
  const { say } = plan
  const directory = mkdtempSync(join(tmpdir(), 'kassa-torture-'))
  const means = await findMeans(directory)
  for (const [kind, why] of means.leftOut) say(`Left out: ${kind}; ${why}`)
  if (means.whyNoDisks) say(`Power cuts take the ends of files that are never synced: ${means.whyNoDisks}`)
  const kinds = (plan.kinds ?? KINDS).filter(kind => !means.leftOut.has(kind))
  const began = performance.now()
  const deadline = began + plan.minutes * 60_000
  const result: CampaignResult = { rounds: [], means, broken: [], kept: [], minutes: 0 }

  for (let round = plan.round; performance.now() + END_MS < deadline; round++) {
    const byMail = round % 2 === 1
    const place = join(directory, String(round))
    mkdirSync(place)
    say(`Round ${round}${byMail ? ', with a mail server' : ''} (seed ${plan.seed})`)
    let isGood = false
    try {
      const done = await runRound({
        directory: place,
        entry: ENTRY,
        seed: plan.seed * 1000 + round,
        planned: planRound(plan.seed, round, kinds, byMail),
        byMail,
        hasDisks: means.hasDisks,
        clients: byMail ? CLIENTS_BY_MAIL : CLIENTS,
        rate: byMail ? Math.min(RATE_BY_MAIL, plan.rate) : plan.rate,
        users: byMail ? USERS_BY_MAIL : USERS,
        longestMs: plan.minutes < SHORT_MINUTES ? LONGEST_STOP_IN_SHORT_MS : LONGEST_STOP_MS,
        recoveryMs: RECOVERY_MS,
        restMs: REST_MS,
        until: deadline - END_MS,
        leastFaults: round === plan.round ? plan.leastFaults : 0,
        say,
      })
      result.rounds.push(done)
      const { acknowledged, unknown } = done.verdict.tally
      say(
        `  ${done.suffered.length} faults, ${acknowledged} acknowledged, ${unknown} unknown, ${done.verdict.violations.length + done.blamed.length} wrong; ${Math.round(done.calmRate)} orders/s between faults, ${seconds(performance.now() - began)} so far`,
      )
      isGood = isGoodRound(done)
    } catch (fault) {
      const what = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
      say(`  BROKEN OFF: ${what}`)
      result.broken.push(`round ${round}: ${what}`)
    }
    if (isGood) rmSync(place, { recursive: true, force: true })
    else result.kept.push(place)
  }
  result.minutes = (performance.now() - began) / 60_000
  if (result.kept.length === 0) rmSync(directory, { recursive: true, force: true })
  return result
}
