/** What happened to one order, told by several logs, in one order of time. */
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'

/**
 * Merges the steps of several actors, each list in the order of its log. A step comes after the one that caused it,
 * whatever the clocks of two machines say; between steps that do not depend on each other the earlier comes first.
 */
export const mergeSteps = (logs: readonly (readonly TimelineStep[])[]): TimelineStep[] => {
  const waiting = new Set(logs.flat().map(nameOf))
  const heads = logs.map(() => 0)
  const merged: TimelineStep[] = []

  const headsThat = (may: (step: TimelineStep) => boolean) =>
    logs.flatMap((log, index) => {
      const step = log[heads[index] as number]
      return step && may(step) ? [{ index, step }] : []
    })
  while (waiting.size > 0) {
    const free = headsThat(({ caused_by }) => caused_by === null || !waiting.has(caused_by))
    // Two logs can't cause each other in a circle; if they were damaged so, every step is still shown once.
    const [next] = (free.length > 0 ? free : headsThat(() => true)).sort((a, b) => compare(a.step.time, b.step.time))
    if (!next) break
    merged.push(next.step)
    waiting.delete(nameOf(next.step))
    heads[next.index] = (heads[next.index] as number) + 1
  }
  return merged
}

/** `order/0/17`: a step as others name it for their cause. */
const nameOf = ({ subject, sequence }: TimelineStep): string => {
  const [actor, cell] = subject.split('.')
  return `${actor}/${cell}/${sequence}`
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
