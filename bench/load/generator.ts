/** The process of the load generator: apart from everything it measures, so that its own CPU time is known. */
import { type LoadPlan, type LoadResult, runClosedLoop } from './closed-loop.ts'
import { type OpenPlan, runOpenLoop } from './open-loop.ts'
import { runStorm, type StormPlan, type StormResult } from './storm-loop.ts'

/** What it tells its parent: that counting begins or is over, and what came of it. */
export type GeneratorSays = { window: boolean } | { result: LoadResult | StormResult } | { fault: string }

const tell = (said: GeneratorSays) => process.send?.(said)

process.on('message', (plan: LoadPlan | OpenPlan | StormPlan) => {
  const window = (isOpen: boolean) => tell({ window: isOpen })
  run(plan, window).then(
    result => tell({ result }),
    fault => tell({ fault: String(fault) }),
  )
})

const run = (
  plan: LoadPlan | OpenPlan | StormPlan,
  window: (isOpen: boolean) => void,
): Promise<LoadResult | StormResult> => {
  if (plan.kind === 'storm') return runStorm(plan, window)
  return plan.kind === 'open' ? runOpenLoop(plan, window) : runClosedLoop(plan, window)
}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(0))
