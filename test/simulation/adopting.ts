/** A person who, where somebody has stopped and says so, goes on with the stores that were refused, as Kassa's `adopt` does. */
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import { adoptOn } from '../../src/backup/adopt.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { exitCodes } from '../../src/exit.ts'
import { DATA_DIR } from './simulated-process.ts'
import type { World } from './world.ts'

/** In the other runs nobody decides, and everything stays as it was refused. */
const DECIDED = 0.5
/** By then a start has asked everybody whether its store is the one that ran last. */
const START_MS = 10_000

/**
 * In some runs starts everybody anew, so that a store which is not the one that its readers know is refused and not only
 * not read, and adopts all that are. Gives whether it did. Once it has, nobody may have to be asked again.
 */
export const adoptRefused = async (world: World, bus: Bus, advanceUntil: AdvanceUntil): Promise<boolean> => {
  const { chance, clock, trace, virtual } = world
  if (chance.adopting.fraction() >= DECIDED) return false
  trace.say('person', 'starts everybody anew')
  for (const actor of ACTOR_NAMES) world.kill(actor)
  for (const actor of ACTOR_NAMES) world.start(actor)
  await virtual.advance(START_MS)
  let isDone = false
  let isAdopted = false
  adoptOn({ bus, clock, here: { data_dir: DATA_DIR } }, 'all', line => {
    trace.say('person', line)
    if (line.includes('is adopted: ')) isAdopted = true
  }).then(
    code => {
      isDone = true
      if (code !== exitCodes.ok) world.violation(`adopting ended with ${code}`)
    },
    error => {
      isDone = true
      world.violation(`adopting came to no end: ${String(error)}`)
    },
  )
  await advanceUntil(() => isDone)
  if (!isDone) world.violation('adopting came to no end')
  if (isAdopted) world.count('store adopted')
  // What only a given up stream had is gone.
  world.copiesTaken()
  return true
}

type AdvanceUntil = (isSo: () => boolean) => Promise<void>
