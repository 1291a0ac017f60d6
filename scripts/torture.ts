/** `npm run torture`: a real Kassa under load, and whatever can go wrong goes wrong, from a seed; then everything is checked. */
import { parseArgs } from 'node:util'
import { exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { prepareEnvironment } from './testing/environment.ts'
import { isGoodRound, runCampaign } from './torture/campaign.ts'
import { KINDS, type Kind } from './torture/faults.ts'
import { missing, report } from './torture/report.ts'

const USAGE = `npm run torture -- [options]
  --minutes <n>      how long (3); 60 and more must see every kind of fault 20 times
  --seed <n>         what the faults are drawn from (1)
  --round <n>        the first round (1), to repeat one of a longer run
  --rate <n>         orders a second at the most (300)
  --kinds <name,…>   of these faults alone: ${KINDS.join(', ')}
  --help             print this
It is at its best as root on Linux with strace: then disks lose their power and their room, and fsync fails.`

/** A run that is too short for every kind is no fault, but it is told. */
const MINUTES_FOR_ALL = 8

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (!(number > 0))
    throw plainFault(exitCodes.usage, `--${name} should be a number above zero, not "${text}"\n${USAGE}`)
  return number
}

const kindsOf = (text: string | undefined): Kind[] | undefined =>
  text?.split(',').map(name => {
    const kind = KINDS.find(kind => kind === name.trim())
    if (!kind) throw plainFault(exitCodes.usage, `There is no fault "${name}"\n${USAGE}`)
    return kind
  })

const torture = async (words: string[]): Promise<boolean> => {
  const { values } = parseArgs({
    args: words.filter(word => word !== '--'),
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      round: { type: 'string', default: '1' },
      rate: { type: 'string', default: '300' },
      kinds: { type: 'string' },
    },
  })
  const minutes = numberOf('minutes', values.minutes)
  const kinds = kindsOf(values.kinds)
  await prepareEnvironment()
  const result = await runCampaign({
    minutes,
    seed: numberOf('seed', values.seed),
    round: numberOf('round', values.round),
    rate: numberOf('rate', values.rate),
    kinds,
    leastFaults: 0,
    say: line => console.error(line),
  })
  for (const line of report(result)) console.log(line)

  const never = missing(result, minutes, kinds ?? KINDS)
  const isLongEnough = minutes >= MINUTES_FOR_ALL
  if (never.length > 0)
    console.log(`${isLongEnough ? 'Too seldom' : 'The time was too short for'}: ${never.join(', ')}`)
  const hasSuffered = result.rounds.some(({ suffered }) => suffered.length > 0)
  if (!hasSuffered) console.log('The time was too short for a single fault: that proves nothing')
  return (
    hasSuffered && result.broken.length === 0 && result.rounds.every(isGoodRound) && !(isLongEnough && never.length > 0)
  )
}

// So that what is mounted is taken down.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitCodes.failed))

const words = process.argv.slice(2)
try {
  if (words.includes('--help')) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  process.exit((await torture(words)) ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
