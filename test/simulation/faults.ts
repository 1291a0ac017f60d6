/** The big faults: what happens to processes, disks and the broker, one function each. */
import { readersOf } from '../../src/actors/definitions.ts'
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import { COMMANDS, eventSubject, streamOf } from '../../src/bus/subjects.ts'
import type { Disk } from './disk.ts'
import { flipBit } from './flipped-bit.ts'
import type { QueueSenders } from './queue-senders.ts'
import type { World } from './world.ts'

/** What a fault may touch. */
export type Scene = { world: World; senders: QueueSenders }

type Fault = (scene: Scene) => void

/** Ends a process at one of the next events, so that every await has its turn. */
const MOST_EVENTS_AHEAD = 40

/** A store younger than this may pass for the one that ran last (src/actors/kernel/mark.ts). */
const OLD_MS = 2500

/** No answer within a second of asking counts for nothing (src/actors/kernel/ask-actor.ts). */
const SLOW_MS = 1000

const BAD_DAY = 0.25

const HOUR_MS = 3_600_000
/** All leaps of a run together stay below the hours for which ids are kept: whoever leaps over them has them forgotten. */
const MOST_LEAP_MS = 24 * HOUR_MS
const NEAR_LEAP_MS = 30_000
/** Where ids are kept for seconds, below what a client stops asking before (`clients.ts`). */
const SHORT_LEAP_MS = 500

/** A start looks at its stream and takes from it within about so many events. */
const MOST_FLEETING_EVENTS = 12

const pickActor = ({ world }: Scene): ActorName => world.chance.faults.pick(ACTOR_NAMES)
const streamName = (actor: ActorName): string => streamOf({ actor, cell: 0 })
const upTo = ({ world }: Scene, most: number): number => world.chance.faults.integer(most)
const happens = ({ world }: Scene, rate: number): boolean => world.chance.faults.fraction() < rate

const startLater = ({ world }: Scene, actor: ActorName, ms: number): void => {
  const site = world.sites[actor]
  site.heldDown = true
  world.later(ms, () => {
    site.heldDown = false
    world.start(actor)
  })
}

const crashSoon = (scene: Scene, actor: ActorName, downMs: number): void =>
  scene.world.inEvents(1 + upTo(scene, MOST_EVENTS_AHEAD), () => {
    scene.world.kill(actor)
    startLater(scene, actor, downMs)
  })

// ---- processes

const crash: Fault = scene => crashSoon(scene, pickActor(scene), 20 + upTo(scene, 3000))

const crashAll: Fault = scene => {
  for (const actor of ACTOR_NAMES) crashSoon(scene, actor, 20 + upTo(scene, 3000))
}

const restart: Fault = scene => {
  const actor = pickActor(scene)
  const { process } = scene.world.sites[actor]
  if (!process?.alive()) return
  scene.world.sites[actor].heldDown = true
  const ms = 20 + upTo(scene, 1000)
  process.stop().then(
    () => startLater(scene, actor, ms),
    error => scene.world.violation(`${actor} could not be stopped: ${String(error)}`),
  )
  // A supervisor waits no longer than this for the end.
  scene.world.later(5000, () => {
    if (!process.alive()) return
    process.kill()
    startLater(scene, actor, ms)
  })
}

const crashGateway: Fault = ({ world }) => {
  const { chance, gateway, later } = world
  world.inEvents(1 + chance.faults.integer(MOST_EVENTS_AHEAD), () => {
    gateway.kill()
    world.count('gateway died')
    later(20 + chance.faults.integer(3000), gateway.start)
  })
}

/** The trap: what the dead process had on the way arrives when the next one has begun to write. */
const lateArrivals: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const afterMs = 100 + upTo(scene, 2500)
  const arriving = 1 + upTo(scene, 20)
  world.inEvents(1 + upTo(scene, MOST_EVENTS_AHEAD), () => {
    world.kill(actor, { arriving, afterMs })
    startLater(scene, actor, 1 + upTo(scene, 300))
  })
}

const twoOwners: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const begin = (backup: ReturnType<World['backup']>): void => {
    world.startCopy(actor, backup)
    world.later(1000 + upTo(scene, 6000), () => world.endCopy(actor, happens(scene, 0.7) ? 'first' : 'copy'))
  }
  const backup = world.backup(actor)
  if (happens(scene, 0.5)) {
    // Both start at once, and both write the same number.
    world.kill(actor)
    begin(backup)
    startLater(scene, actor, upTo(scene, 50))
  } else world.later(upTo(scene, 6000), () => begin(backup))
}

// ---- disks

/** What a bad day takes together with a store: the end of its stream or all of it, often its mark, and every witness for a while. */
const loseAlso = (scene: Scene, actor: ActorName): void => {
  const { world } = scene
  // On a new disk there is none; then only the witnesses know that there was more.
  if (happens(scene, 0.5)) world.sites[actor].disk.mark = undefined
  if (happens(scene, 0.6)) forgetTailOf(scene, actor)
  else world.broker.deleteStream(streamName(actor))
  if (!happens(scene, 0.6)) return
  for (const reader of readersOf(actor)) {
    world.kill(reader)
    startLater(scene, reader, 1000 + upTo(scene, 8000))
  }
}

const restore: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const backup = world.backup(actor)
  world.later(OLD_MS + upTo(scene, 10_000), () => {
    const site = world.sites[actor]
    world.kill(actor)
    world.trace.say('fault', `a store of entry ${backup.chains.length} is put back for ${actor}`)
    Object.assign(site.disk, { store: backup.store, chains: [...backup.chains] })
    if (happens(scene, BAD_DAY)) loseAlso(scene, actor)
    world.copiesTaken()
    site.came = 'restored store opened'
    startLater(scene, actor, 20 + upTo(scene, 2000))
  })
}

const deleteStore: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  world.kill(actor)
  Object.assign(world.sites[actor].disk, { store: undefined, chains: [] })
  if (happens(scene, BAD_DAY)) loseAlso(scene, actor)
  world.copiesTaken()
  world.sites[actor].came = 'deleted store opened'
  startLater(scene, actor, 20 + upTo(scene, 2000))
}

/** The machine stands still for a while, and a bit of a store is another one when it comes back. */
const flippedBit: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const { disk, definition } = world.sites[actor]
  world.kill(actor)
  startLater(scene, actor, 20 + upTo(scene, 2000))
  if (!disk.store || disk.chains.length === 0) return
  const flipped = flipBit(disk.store, { definition, settings: world.settings }, world.chance.faults)
  world.trace.say('fault', `a bit is flipped in the store of ${actor}: ${flipped.kind}`)
  if (flipped.kind === 'rebuilt') world.count('flipped bit')
  // Who is refused moves the store away, as the message says, and takes everything from the stream.
  Object.assign(disk, flipped.kind === 'refused' ? { store: undefined, chains: [] } : flipped.backup)
  world.copiesTaken()
}

const diskFull: Fault = scene => {
  const { disk } = scene.world.sites[pickActor(scene)]
  disk.full = true
  scene.world.later(200 + upTo(scene, 3000), () => {
    disk.full = false
  })
}

/** The machine comes back, and the room does not: every write of a start may be the one without room. */
const startOnFullDisk: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const { disk } = world.sites[actor]
  world.kill(actor)
  disk.full = true
  world.count('disk full at a start')
  startLater(scene, actor, upTo(scene, 500))
  const makeRoom = (): void => {
    disk.full = false
    // There is a little room, and it does not last.
    if (happens(scene, 0.5)) fillSoon(scene, disk)
  }
  world.later(500 + upTo(scene, 3000), makeRoom)
}

/** Full once more at one of the next events, for a while. */
const fillSoon = ({ world }: Scene, disk: Disk): void => {
  const ms = 200 + world.chance.faults.integer(1500)
  world.inEvents(1 + world.chance.faults.integer(MOST_EVENTS_AHEAD), () => {
    disk.full = true
    world.later(ms, () => {
      disk.full = false
    })
  })
}

const commitFails: Fault = scene => {
  scene.world.sites[pickActor(scene)].disk.failNext = happens(scene, 0.5) ? 'written' : 'undone'
}

// ---- clocks

/** Everybody's wall clock is set; what measures time is not concerned. */
const leapingClock: Fault = scene => {
  const { virtual, settings, trace, count } = scene.world
  const remembersLong = settings.idempotencyHours * HOUR_MS > 6 * MOST_LEAP_MS
  const nearMs = remembersLong ? NEAR_LEAP_MS : SHORT_LEAP_MS
  const ms = remembersLong && happens(scene, 0.5) ? upTo(scene, MOST_LEAP_MS) : upTo(scene, 2 * nearMs) - nearMs
  trace.say('fault', `all clocks are set ${ms < 0 ? `back by ${-ms}` : `forward by ${ms}`} ms`)
  count('clock set')
  virtual.leap(ms)
}

// ---- streams and the broker

const withStream = (scene: Scene, change: (name: string, held: number, actor: ActorName) => void): void => {
  const actor = pickActor(scene)
  const held = scene.world.broker.messages(streamName(actor)).length
  if (held > 0) change(streamName(actor), held, actor)
  scene.world.copiesTaken()
}

const forgetTailOf = (scene: Scene, actor: ActorName): void => {
  const held = scene.world.broker.messages(streamName(actor)).length
  if (held > 0) scene.world.broker.forgetTail(streamName(actor), 1 + upTo(scene, Math.min(10, held)))
}

const forgetTail: Fault = scene => withStream(scene, (_, __, actor) => forgetTailOf(scene, actor))
const deleteStream: Fault = scene => withStream(scene, name => scene.world.broker.deleteStream(name))
const gap = ({ world }: Scene, actor: ActorName): void => void world.streamFaults.add(`${actor} gap`)
const purge: Fault = scene =>
  withStream(scene, (name, _, actor) => {
    gap(scene, actor)
    scene.world.broker.purge(name)
  })
const trimHead: Fault = scene =>
  withStream(scene, (name, held, actor) => {
    gap(scene, actor)
    scene.world.broker.trimHead(name, 1 + upTo(scene, held))
  })
const removeOne: Fault = scene =>
  withStream(scene, (name, held, actor) => {
    gap(scene, actor)
    const messages = scene.world.broker.messages(name)
    // The last message is the one that everything looks at.
    scene.world.broker.remove(name, (happens(scene, 0.4) ? messages.at(-1) : messages[upTo(scene, held)])!.seq)
  })

const foreign: Fault = scene =>
  withStream(scene, (name, _, actor) => {
    const { world } = scene
    world.streamFaults.add(`${actor} foreign`)
    for (let count = 1 + upTo(scene, 3); count > 0; count--) {
      const copied = world.broker.messages(name)[0]!
      // Rubbish, or an old message of ours once more.
      if (happens(scene, 0.6))
        world.broker.publishForeign(eventSubject({ actor, cell: 0 }, 'OrderCreated', 'x'), Buffer.from('rubbish'))
      else
        world.broker.publishForeign(copied.subject, copied.body, { 'Nats-Msg-Id': copied.headers['Nats-Msg-Id'] ?? '' })
    }
  })

/** Somebody else's message stands at a stream's end while its owner starts, and a power cut takes it a moment later. */
const fleeting: Fault = scene => {
  const { world } = scene
  const actor = pickActor(scene)
  const name = streamName(actor)
  world.kill(actor)
  startLater(scene, actor, upTo(scene, 300))
  const appear = (): void => {
    if (world.broker.messages(name).length === 0) return
    world.streamFaults.add(`${actor} foreign`)
    world.broker.publishForeign(eventSubject({ actor, cell: 0 }, 'OrderCreated', 'x'), Buffer.from('fleeting'))
    world.count('fleeting message')
    const { seq, time } = world.broker.messages(name).at(-1)!
    world.inEvents(1 + upTo(scene, MOST_FLEETING_EVENTS), () => {
      const last = world.broker.messages(name).at(-1)
      // Its owner may have made the stream anew meanwhile, or written behind it.
      if (last?.seq === seq && last.time === time) world.broker.forgetTail(name, 1)
    })
  }
  world.later(upTo(scene, 300), () => world.inEvents(1 + upTo(scene, MOST_EVENTS_AHEAD), appear))
}

const brokerDown: Fault = scene => {
  const { broker, later } = scene.world
  broker.goDown()
  later(100 + upTo(scene, 5000), broker.comeUp)
}

/** Everything comes, and most of it too late. */
const brokerSlow: Fault = scene => {
  const { broker, later, count } = scene.world
  const { delay, delayMaxMs } = broker.faults
  // Two at once: the first one ends it.
  if (delayMaxMs > SLOW_MS) return
  Object.assign(broker.faults, { delay: 1, delayMaxMs: SLOW_MS + upTo(scene, 4000) })
  count('slow broker')
  later(1000 + upTo(scene, 6000), () => Object.assign(broker.faults, { delay, delayMaxMs }))
}

const brokerEmpty: Fault = scene => {
  const { world, senders } = scene
  world.broker.goDown()
  world.later(100 + upTo(scene, 3000), () => {
    senders.queueDies()
    world.broker.loseEverything()
    world.copiesTaken()
    world.broker.comeUp()
  })
}

const queueDeleted: Fault = ({ world, senders }) => {
  senders.queueDies()
  world.broker.deleteStream(COMMANDS)
}

const cut: Fault = scene => {
  const { broker, later, sites } = scene.world
  const name = happens(scene, 0.2) ? scene.world.gateway.name() : sites[pickActor(scene)].process?.name
  if (!name) return
  broker.cut(name, happens(scene, 0.5) ? {} : { arriving: 1 + upTo(scene, 10), afterMs: 100 + upTo(scene, 2500) })
  later(100 + upTo(scene, 4000), () => broker.restore(name))
}

/** All of them, by the name under which a trace shows them. */
export const FAULTS: Record<string, Fault> = {
  crash,
  'crash of all': crashAll,
  restart,
  'crash of the gateway': crashGateway,
  'late arrivals': lateArrivals,
  'two owners': twoOwners,
  'restored store': restore,
  'deleted store': deleteStore,
  'flipped bit': flippedBit,
  'leaping clock': leapingClock,
  'full disk': diskFull,
  'start on a full disk': startOnFullDisk,
  'failing commit': commitFails,
  'forgotten tail': forgetTail,
  'deleted stream': deleteStream,
  'purged stream': purge,
  'trimmed head': trimHead,
  'removed message': removeOne,
  'foreign message': foreign,
  'fleeting message': fleeting,
  'broker down': brokerDown,
  'slow broker': brokerSlow,
  'empty broker': brokerEmpty,
  'deleted queue': queueDeleted,
  'cut connection': cut,
}
