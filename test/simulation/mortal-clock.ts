/** The clock of one process: when the process dies, nothing that it planned ever runs. */
import type { Clock } from '../../src/world/clock.ts'

export type MortalClock = Clock & { die: () => void }

/** A clock that shows the time of `world` for as long as its process lives. */
export const createMortalClock = (world: Clock): MortalClock => {
  let alive = true
  const whileAlive = (run: () => void) => () => {
    if (alive) run()
  }
  return {
    now: world.now,
    monotonic: world.monotonic,
    after: (ms, run) => world.after(ms, whileAlive(run)),
    soon: run => world.soon(whileAlive(run)),
    die: () => {
      alive = false
    },
  }
}
