/** One running actor: its parts put together, started in the order that is safe, stopped without losing anything. */
import type { Running } from '../../bus/bus.ts'
import { type Reader, startReader } from '../../bus/reader.ts'
import { createRelay, type Relay } from '../../bus/relay.ts'
import { type Address, addressOf, sourceOf } from '../../bus/subjects.ts'
import { pause } from '../../world/clock.ts'
import type { AnyActorDefinition } from './actor.ts'
import type { ActorPorts } from './actor-ports.ts'
import { askCopies, askCursor, askLog } from './ask-actor.ts'
import { openCore } from './core.ts'
import { createEffects } from './effects.ts'
import { goBack } from './going-back.ts'
import { HistoryRefused } from './history-refused.ts'
import { createKernelAnswers } from './kernel-answers.ts'
import { lostKeysIn } from './lost-keys.ts'
import { createMailbox, type Item } from './mailbox.ts'
import { createMarking } from './mark.ts'
import { passOver } from './passing-over.ts'
import { queuedItemOf } from './queued-item.ts'
import { createRoom, FULL_WAIT_MS } from './room.ts'
import { serve } from './serve.ts'
import { type Phase, type StartPorts, takeOver } from './start.ts'
import { isFull, isOutcomeUnknown, StoreDamaged } from './store.ts'
import { createTrimming } from './trimming.ts'
import { createTurn } from './turn.ts'
import { openVault } from './vault.ts'
import { createWaking } from './waking.ts'

export type RunningActor = {
  address: Address
  phase: () => Phase
  /** Resolves when the actor is open; rejects when it can't be. */
  opened: Promise<void>
  /** Resolves with the reason when the actor can't go on: its process must end and start over. */
  failed: Promise<Error>
  /** Stops taking, finishes what was taken, brings the stream up to date, and closes. */
  stop: () => Promise<void>
}

/** Thrown into `failed` when the log's history turned out to be another one than ours: start over and heal. */
class MustStartOver extends Error {
  override name = 'MustStartOver'
}

/** How long a stop may take to bring the stream up to date; what is left, the next start publishes. */
const FLUSH_MS = 1500

/** Starts the actor `definition`. Nothing it is asked is answered before `opened`. */
export const startActor = (definition: AnyActorDefinition, ports: ActorPorts): RunningActor => {
  const { address, bus, clock, random, say } = ports
  const core = openCore(definition, { ...ports, vault: openVault(ports.keys, random) })
  const stream = bus.logStream(address)
  const me = sourceOf(address)

  let phase: Phase = 'healing'
  let waitsFor: string | null = null
  let warning: string | null = null
  let isFenced = false
  let stopping = false
  let consumed: Running | undefined
  const readers: Reader[] = []
  const broken = new Map<string, string>()

  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()

  const room = createRoom(ports.store, clock)
  const mailbox = createMailbox(
    clock,
    createTurn(core, {
      committed: () => {
        room.found()
        relay.wake()
        waking.check()
        effects.check()
        for (const reader of readers) reader.wake()
      },
      told: () => effects.check(),
      full: items => {
        say.error({}, 'there is no room on the disk; commands are refused until there is')
        room.missed()
        mailbox.putBack(items, FULL_WAIT_MS)
      },
      fatal: error => {
        mailbox.open(false)
        fail(error)
      },
      defect: (what, error, trace) =>
        say.error({ what, trace, error: stackOf(error) }, 'a message could not be handled: a bug'),
    }),
    ports.meters,
  )
  const push = (item: Item): boolean => mailbox.push(item)

  const world = { bus, clock, random }
  const effects = createEffects(core.behaviour.effects, {
    ...world,
    now: core.now,
    traceAfter: core.traceAfter,
    tell: ({ name, body, after = () => {} }) => void push({ kind: 'own', name, body, after }),
    failed: (name, error) => say.warn({ effect: name, error: String(error) }, 'an effect failed; it is tried again'),
  })
  const waking = createWaking(core, clock, item => void push(item))
  const marking = createMarking(core.log, ports.mark, clock, error =>
    say.warn({ error: String(error) }, 'the mark beside the store could not be written'),
  )
  const trimming = createTrimming(core, bus.queue, clock, { push, warn: text => say.warn({}, text) })

  const relay: Relay = createRelay(core.log, stream, clock, {
    made: reason => {
      say.info({ reason }, 'the stream is made and filled from the log')
      effects.streamMade()
    },
    arrived: () => mailbox.arrived(),
    waits: reason => say.warn({ reason }, 'the stream cannot be used at present; it is tried again'),
    keepAside: entries => {
      say.warn({ messages: entries.length }, 'the stream held messages that are not ours; they are kept aside')
      ports.keepAside(address, entries)
    },
    diverged: reason => {
      if (stopping) return
      mailbox.open(false)
      fail(new MustStartOver(`${me}: ${reason}`))
    },
  })

  // ---- open and close

  const { wantsEvents } = core.behaviour
  const skip = (source: string, seq: number, chain: string): void => void push({ kind: 'skip', source, seq, chain })
  const readFrom = (source: string): Reader =>
    startReader({
      stream: bus.logStream(addressOf(source)),
      clock,
      name: `${address.actor}-${address.cell}`,
      ask: (from, limit) => askLog(bus, source, from, limit),
      taken: () => core.cursor(source),
      deliver: (entry, after) => void push({ kind: 'event', source, entry, after }),
      ...(wantsEvents ? { doze: { wanted: wantsEvents, skipTo: (seq, chain) => skip(source, seq, chain) } } : {}),
      differs: reason => cutOff(source, reason).catch(fail),
      failed: error => fail(error instanceof Error ? error : new Error(String(error))),
    })

  /** Goes back where the source has begun a new epoch, else takes nothing more from it. */
  const cutOff = async (source: string, reason: string): Promise<void> => {
    const tell = (): void => {
      broken.set(source, reason)
      say.error(
        { source, reason },
        `the history of ${source} is not the one seen here; nothing more is taken from it. ` +
          'Put back the store that ran last, for whichever of the two was replaced, then start again',
      )
    }
    const orphans = await goBack({ core, bus, clock, source, waits: tell, stopped: () => stopping })
    if (orphans === undefined || stopping) return
    // What the mailbox still holds is of the history that was given up.
    mailbox.open(false)
    fail(new MustStartOver(`${source} began a new epoch: reading on from before, ${orphans} entries are orphans`))
  }

  // Not a refusal: orders and money need no key. But nobody should learn of it from an empty letter.
  const warnOfLostKeys = (): void => {
    warning = lostKeysIn(core)
    if (warning !== null) say.warn({}, warning)
  }

  const open = async (): Promise<void> => {
    warnOfLostKeys()
    decideAtOpen()
    relay.run()
    mailbox.open(true)
    for (const source of core.sources) readers.push(readFrom(source))
    consumed = bus.queue.work(address, command => void push(queuedItemOf(command)))
    waking.check()
    effects.check()
    trimming.start()
    // Only now: a store that was not found good must not count as the one that ran last.
    marking.start()
    if (wantsEvents?.() === false) await passOver(readers, core.sources, start)
    if (stopping || phase === 'refused') return
    start.reached('open', null)
    say.info({ head: core.log.head() }, 'open')
  }

  const decideAtOpen = (): void => {
    core.transaction(() => {
      for (const decision of core.behaviour.atOpen()) {
        if (decision.kind === 'event') core.append(decision.event, {}, undefined)
      }
    })
  }

  /** Where they can't be written at the end, the next start reads those events once more. */
  const saveCursors = (): void => {
    try {
      core.transaction(core.saveCursors)
    } catch (error) {
      if (!isFull(error) && !isOutcomeUnknown(error)) throw error
      say.warn({ error: String(error) }, 'the cursors could not be written at the end')
    }
  }

  /** Takes nothing more, from nobody. */
  const halt = async (): Promise<void> => {
    room.stop()
    marking.stop()
    trimming.stop()
    waking.stop()
    await Promise.all([effects.stop(), ...readers.map(reader => reader.stop()), consumed?.stop()])
  }

  /** A store that must not go on still says why, to whoever asks for its health. */
  const refused = (error: Error): void => {
    mailbox.open(false)
    if (error instanceof HistoryRefused) {
      phase = 'refused'
      waitsFor = error.message
      Promise.all([halt(), relay.stop(0)]).catch(fail)
    }
    fail(error)
  }

  // An actor that is open and yet can't do its work: nobody should call that ready.
  const openAs = (): string => (room.isMissing() ? 'no room' : broken.size > 0 ? 'cut off' : 'open')
  const hindrance = (): string | null =>
    room.isMissing() ? 'room on the disk' : broken.size > 0 ? [...broken.keys()].join(', ') : null

  const start: StartPorts = {
    core,
    stream,
    relay,
    clock,
    random,
    marking,
    restored: ports.restored ?? { read: () => undefined, remove: () => {} },
    readers: ports.readers,
    askCursor: reader => askCursor(bus, reader, me),
    askCopies: (reader, from, limit) => askCopies(bus, reader, me, { from, limit }),
    reached: (step, whom) => {
      phase = step
      waitsFor = whom
    },
    fenced: () => {
      isFenced = true
    },
    contradicted: refused,
    keepAside: entries => ports.keepAside(address, entries),
    say: text => say.info({}, text),
  }

  const served = serve({
    core,
    bus,
    clock,
    random,
    isOpen: () => phase === 'open' && !stopping,
    push,
    kernelAnswers: createKernelAnswers({
      ...ports,
      core,
      sources: core.sources,
      standing: () => ({
        phase: phase === 'open' ? openAs() : phase,
        waits_for: waitsFor ?? hindrance(),
        stream: relay.confirmed(),
        mailbox: mailbox.size(),
        pid: ports.pid,
        warning,
      }),
      isOpen: () => phase === 'open',
      isFenced: () => isFenced,
      adoption: start,
      isRefused: () => phase === 'refused',
      startOver: () => ports.startOver?.(),
    }),
    defect: (what, error) => {
      // A disk that fails, or gives other bytes than it was given: only a new start, which looks at them all, may go on.
      if (isOutcomeUnknown(error) || error instanceof StoreDamaged) return fail(error as Error)
      say.error({ what, error: stackOf(error) }, 'a request could not be answered: a bug')
    },
  })

  /** Takes the log over and opens. A full disk is waited out here too: nothing is gained by dying of it. */
  const begin = async (): Promise<void> => {
    while (!stopping) {
      try {
        await takeOver(start, () => stopping)
        if (!stopping) await open()
        return
      } catch (error) {
        if (!isFull(error)) throw error
        say.error({}, 'there is no room on the disk; the start is tried again until there is')
        waitsFor = 'room on the disk'
        await pause(clock, FULL_WAIT_MS)
      }
    }
  }
  const opened = begin()
  // `failed` tells it too: whoever does not wait for `opened` is not to be ended by it.
  opened.catch(refused)

  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    await halt()
    if (phase === 'open') {
      mailbox.drain()
      saveCursors()
      marking.move()
    }
    mailbox.open(false)
    phase = 'stopped'
    await relay.stop(FLUSH_MS)
    await served.stop()
  }

  return { address, phase: () => phase, opened, failed, stop }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
