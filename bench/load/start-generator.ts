/** The load generator as its user sees it. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadPlan, LoadResult } from './closed-loop.ts'
import type { GeneratorSays } from './generator.ts'
import type { OpenPlan } from './open-loop.ts'
import type { StormPlan, StormResult } from './storm-loop.ts'

export type Generator = {
  pid: number
  /** Runs one plan; `window` hears when counting begins and when it is over. */
  run: (plan: LoadPlan | OpenPlan, window: (isOpen: boolean) => void) => Promise<LoadResult>
  /** The same with a storm. */
  storm: (plan: StormPlan, window: (isOpen: boolean) => void) => Promise<StormResult>
  stop: () => void
}

/** Starts the process. */
export const startGenerator = (): Generator => {
  const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), [])

  // What comes back fits the plan: the process runs one at a time.
  const run = <Result>(plan: LoadPlan | OpenPlan | StormPlan, window: (isOpen: boolean) => void): Promise<Result> =>
    new Promise((resolve, reject) => {
      const ended = () => over(() => reject(new Error('The load generator has ended')))
      const heard = (said: GeneratorSays) => {
        if ('window' in said) window(said.window)
        else if ('result' in said) over(() => resolve(said.result as Result))
        else over(() => reject(new Error(`The load on port ${plan.port} broke off: ${said.fault}`)))
      }
      const over = (settle: () => void) => {
        child.off('message', heard)
        child.off('exit', ended)
        settle()
      }
      child.on('message', heard)
      child.once('exit', ended)
      child.send(plan)
    })

  return { pid: child.pid!, run, storm: run, stop: () => child.disconnect() }
}
