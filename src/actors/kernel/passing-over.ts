/** Waiting at the start until readers that doze have passed over what happened while this actor was away. */
import type { Reader } from '../../bus/reader.ts'
import type { StartPorts } from './start.ts'

/** A source that stays away that long is waited for no more; its events of before may then come to whoever wishes for events. */
const PASS_OVER_MS = 10_000

/**
 * Resolves when all `readers`, of `sources`, have passed over what nobody wished for, or had their time: whoever wishes
 * for events from now on shall not get those of all the time that this actor was away.
 */
export const passOver = async (
  readers: readonly Reader[],
  sources: readonly string[],
  { clock, reached }: Pick<StartPorts, 'clock' | 'reached'>,
): Promise<void> => {
  reached('passing over', sources.join(', '))
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(PASS_OVER_MS, resolve)
  await Promise.race([Promise.all(readers.map(({ passedOver }) => passedOver)), late])
  cancel()
}
