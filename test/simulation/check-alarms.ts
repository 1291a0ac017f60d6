/** Checks of the alarms: an actor stops, or stops reading, only where copies were really destroyed or two owners wrote. */
import type { World } from './world.ts'

/** Which alarms were needless, a line each. */
export const checkAlarms = ({ alarms, history, sites, streamFaults }: World): string[] => {
  const destroyed = new Set(history.destroyed().map(({ actor }) => actor))
  return (
    alarms
      .filter(({ source }) => !destroyed.has(source) && !sites[source].hadTwoOwners)
      // A foreign message whose place is empty again can't be told from an entry that is gone.
      .filter(({ source }) => !(streamFaults.has(`${source} foreign`) && streamFaults.has(`${source} gap`)))
      .map(
        ({ process, kind, source }) =>
          `${process} ${kind} for the history of ${source}, of which nothing was destroyed`,
      )
  )
}
