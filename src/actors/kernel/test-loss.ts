/** A toy that has lost the end of its log, and one who had read it. For tests only. */
import type { Address } from '../../bus/subjects.ts'
import { createToyActor } from './test-toy.ts'
import { copyOf, createTestWorld, emptyDisk, type TestDisk, type TestWorld } from './test-world.ts'

export const toy = createToyActor()
export const READER: Address = { actor: 'reader', cell: 0 }

/** Counts what the toy adds; of what is none of its matter it keeps a copy all the same. */
export const reader = {
  ...toy,
  listensTo: ['toy'],
  open: (...args: Parameters<typeof toy.open>) => {
    const behaviour = toy.open(...args)
    return { ...behaviour, react: { toy: { Added: behaviour.react.source?.Ticked as never } } }
  },
}

export const add = (world: TestWorld, by: number, key: string) =>
  world.command('Add', { name: 'a', by }, { 'Idempotency-Key': key })

/** The reader has what it did, and no copy of what it had read (protocol, R17). */
export const forgetCopies = ({ store }: TestDisk) => store.exec('DELETE FROM copies')

/**
 * The toy took 1, 2 and 3, and a reader has read all of it. `early` is its disk after the 1, with the mark of the end;
 * `withMark` the same with the mark of then. Its stream is gone.
 */
export const afterALoss = async () => {
  const world = createTestWorld()
  const disks = { toy: emptyDisk(), reader: emptyDisk() }
  const listener = await world.open(reader, disks.reader, { address: READER })
  const running = await world.open(toy, disks.toy, { readers: ['reader/0'] })
  await add(world, 1, 'k1')
  await world.clock.advance(2_000)
  const withMark = copyOf(disks.toy)
  const early = copyOf(disks.toy)
  early.mark = disks.toy.mark
  await add(world, 2, 'k2')
  await add(world, 3, 'k3')
  await world.clock.advance(10_000)
  await world.finish(running.stop())
  world.broker.deleteStream('TOY_0')
  return { world, disks, early, withMark, listener }
}
