/** The process of one measured start: opens the store of an actor, and starts the actor on it until it is open. */
import { realpathSync } from 'node:fs'
import { DEFINITIONS } from '../../src/actors/definitions.ts'
import { markFile } from '../../src/actors/kernel/mark.ts'
import { startActor } from '../../src/actors/kernel/running-actor.ts'
import { openStore } from '../../src/actors/kernel/store.ts'
import { openActorStore } from '../../src/actors/open-actor-store.ts'
import { filesOf } from '../../src/actors/store-files.ts'
import type { Entry } from '../../src/bus/entry.ts'
import { productVersion } from '../../src/version.ts'
import { systemClock } from '../../src/world/clock.ts'
import { systemRandom } from '../../src/world/random.ts'
import { createCarriedBus } from './carried-bus.ts'
import { type Part, quietLog, SETTINGS } from './shop.ts'

/** What it tells its parent: seconds from the closed files to an actor that is open. */
export type StartSays = { seconds: number }

const [directory, part] = process.argv.slice(2) as [string, Part]
const address = { actor: part, cell: 0 }
const definition = DEFINITIONS[part]
const files = filesOf(directory, address)

const began = performance.now()
const guarded = openActorStore({ definition, address, settings: SETTINGS, path: files.store }, quietLog)
const { store } = guarded
const keys = openStore(files.keys)
const openedMs = performance.now() - began

// A broker would know it.
const last = store
  .prepare<[], Entry>('SELECT seq, chain, subject, headers, body FROM log ORDER BY seq DESC LIMIT 1')
  .get() as Entry

const startedAt = performance.now()
const actor = startActor(definition, {
  address,
  bus: createCarriedBus(address, last),
  store,
  keys,
  clock: systemClock,
  random: systemRandom,
  settings: SETTINGS,
  version: productVersion,
  mark: markFile(files.mark),
  readers: [],
  keepAside: () => {
    throw new Error('Cannot measure this start: the stream held what is not of this log')
  },
  copyStore: async () => '',
  dataDir: realpathSync(directory),
  pid: process.pid,
  say: quietLog,
})
await Promise.race([
  actor.opened,
  actor.failed.then(error => {
    throw error
  }),
])
const seconds = (openedMs + performance.now() - startedAt) / 1000

await actor.stop()
guarded.close()
keys.close()
process.send?.({ seconds } satisfies StartSays, () => process.exit(0))
