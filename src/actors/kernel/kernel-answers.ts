/** What every actor answers about itself: its health, cursors, log, keys and dead letters; copies of its store; its adoption. */
import { type Entry, NO_CHAIN } from '../../bus/entry.ts'
import { userOf } from '../../bus/permissions.ts'
import { addressOf } from '../../bus/subjects.ts'
import { type Figure, sample } from '../../metrics/figure.ts'
import type { Answer } from './actor.ts'
import { type AdoptionPorts, adopt, lookOut, whyNotNow } from './adoption.ts'
import type { Core } from './core.ts'
import { commandsOf, listDeadLetters } from './dead-letters.ts'
import { checkKeys } from './lost-keys.ts'
import type { Meters } from './meters.ts'
import type { WrittenEntry } from './shown-shapes.ts'
import { stepAt, timeline } from './timeline.ts'

/** How an actor stands, apart from its log. */
export type Standing = {
  phase: string
  /** Whom or what it waits for, or why it was refused. */
  waits_for: string | null
  /** Up to which number the stream is known to be the log. */
  stream: number
  mailbox: number
  pid: number
  /** What a person should see to, though the actor does its work. */
  warning: string | null
}

/** Copies one of an actor's two files, beside it, while it is in use; gives the copy's path. */
export type CopyStore = (kind: 'store' | 'keys') => Promise<string>

export type KernelAnswerPorts = {
  core: Core
  sources: readonly string[]
  standing: () => Standing
  isOpen: () => boolean
  /** Whether the start's fence stands: only then does a cursor tell all that was seen (protocol, R5). */
  isFenced: () => boolean
  copyStore: CopyStore
  /** Where the files are that `copyStore` and an adoption are about. */
  dataDir?: string
  adoption: AdoptionPorts
  /** Whether a person may adopt the store: only one that was refused. */
  isRefused: () => boolean
  /** The store was adopted: a new process must take it over. */
  startOver: () => void
  meters?: Meters
  processFigures?: () => Figure[]
}

/** A page of `ReadLog` stays below the broker's payload limit of 1 MB. */
const MOST_PAGE_BYTES = 400_000

/** The answer to a kernel query; `undefined` where it has to wait for the actor to open, or is not the kernel's. */
export const createKernelAnswers = (ports: KernelAnswerPorts) => {
  const { core } = ports
  let adopting: ReturnType<typeof adopt> | undefined

  // Once: whoever asks meanwhile, or again before the new process has taken over, is told of the same epoch.
  const adoptOnce = async (adoption: AdoptionPorts): ReturnType<typeof adopt> => {
    adopting ??= adopt(adoption)
    try {
      return await adopting
    } catch (error) {
      // Nothing was begun: it can be asked again.
      adopting = undefined
      throw error
    }
  }

  const whenRefused = async (work: (adoption: AdoptionPorts) => Promise<unknown>): Promise<Answer> => {
    if (!ports.isRefused())
      return { refusal: { code: 'unavailable', detail: 'only a store that was refused can be adopted' } }
    try {
      return { reply: await work(ports.adoption) }
    } catch (error) {
      return { refusal: { code: 'unavailable', detail: whyNotNow(core, error) } }
    }
  }

  const whenHere = async (
    { data_dir: wanted }: Record<string, unknown>,
    work: () => Promise<Answer>,
  ): Promise<Answer> => {
    if (wanted === undefined || wanted === ports.dataDir) return work()
    return { refusal: { code: 'unavailable', detail: `its data are in ${ports.dataDir}, not in ${wanted}` } }
  }

  const cursors = (): Record<string, number> =>
    Object.fromEntries(ports.sources.map(source => [source, core.cursor(source).seq]))

  const always: Record<
    string,
    (body: Record<string, unknown>, asker?: string | undefined) => Answer | Promise<Answer>
  > = {
    Health: () => ({
      reply: {
        ...ports.standing(),
        head: core.log.head(),
        cursors: cursors(),
        version: core.version,
      },
    }),
    Metrics: () => ({ reply: { figures: figuresOf(ports), cursors: cursors() } }),
    Cursor: ({ source }) => ({ reply: { source, ...core.cursor(String(source)), fenced: ports.isFenced() } }),
    ReadCopies: ({ source, from, limit }, asker) => {
      const name = String(source)
      if (core.sources.includes(name) && !mayHaveCopies(asker, name))
        return { refusal: { code: 'forbidden', detail: `what was read of ${name} is for its own actor` } }
      const { seq } = core.cursor(name)
      return { reply: { entries: written(core.copies.read(name, Number(from), seq, Number(limit))) } }
    },
    LookOut: body => whenHere(body, () => whenRefused(lookOut)),
    Adopt: body =>
      whenHere(body, () =>
        whenRefused(async adoption => {
          const adopted = await adoptOnce(adoption)
          ports.startOver()
          return adopted
        }),
      ),
    CheckKeys: ({ entries }) => ({ reply: checkKeys(core, entries as number[]) }),
    CopyStore: body =>
      whenHere(body, async () => ({
        reply: { path: await ports.copyStore(body.keys === true ? 'keys' : 'store') },
      })),
  }

  const whenOpen: Record<string, (body: Record<string, unknown>) => Answer> = {
    ReadLog: ({ from, limit }) => ({ reply: page(core, Number(from), Number(limit)) }),
    FindReply: ({ command_id, fingerprint }) => {
      const seq = core.answerTo(String(command_id))
      if (seq === undefined) return { reply: { found: false, same: null } }
      const same = fingerprint === undefined ? undefined : core.isOfFingerprint(seq, String(fingerprint))
      return { reply: { found: true, same: same ?? null } }
    },
    ListEpochs: () => ({ reply: { items: core.epochs.all() } }),
    ListOrphans: () => ({ reply: { items: core.epochs.orphans().map(({ seq }) => stepAt(core, seq)) } }),
    GetTimeline: ({ thread }) => ({ reply: { items: timeline(core, String(thread)) } }),
    GetCommandsOf: ({ user_id }) => ({
      reply: { items: commandsOf(core.address, core.tables, core.vault, String(user_id)) },
    }),
    ListDeadLetters: body => listDeadLetters(core.address, core.tables, core.vault, body),
  }

  return (
    name: string,
    body: Record<string, unknown>,
    asker: string | undefined,
  ): Answer | Promise<Answer> | undefined =>
    always[name]?.(body, asker) ?? (ports.isOpen() ? whenOpen[name]?.(body) : undefined)
}

// By its name a question does not say whose copies it is about, so the broker lets every actor ask whose log is read here.
const mayHaveCopies = (asker: string | undefined, source: string): boolean =>
  asker === undefined || !/-\d+$/.test(asker) || asker === userOf(addressOf(source))

const figuresOf = ({ core, standing, meters, processFigures }: KernelAnswerPorts): Figure[] => {
  const { phase, stream, mailbox } = standing()
  const head = core.log.head()
  const committed = (type: string): number => meters?.events(type) ?? 0
  return [
    sample('kassa_open', phase === 'open' ? 1 : 0),
    sample('kassa_mailbox_messages', mailbox),
    sample('kassa_log_entries', head),
    sample('kassa_relay_lag_entries', Math.max(0, head - stream)),
    sample('kassa_commands_waiting', core.tables.waiting.count()),
    sample('kassa_dead_letters_total', committed('DeadLettered')),
    sample('kassa_dead_letters_waiting', core.tables.deadLetters.countWaiting()),
    ...(meters?.read() ?? []),
    ...(core.behaviour.figures?.(committed) ?? []),
    ...(processFigures?.() ?? []),
  ]
}

const page = (core: Core, from: number, limit: number) => ({
  head: core.log.head(),
  chain_before: core.log.chainAt(from - 1) ?? NO_CHAIN,
  entries: written(core.log.read(from, limit)),
})

/** The first of `entries`, as many as a page takes. */
const written = (entries: readonly Entry[]): WrittenEntry[] => {
  const page: WrittenEntry[] = []
  let bytes = 0
  for (const { body, ...entry } of entries) {
    bytes += body.length * 2 + entry.headers.length + 300
    if (page.length > 0 && bytes > MOST_PAGE_BYTES) break
    page.push({ ...entry, body: Buffer.from(body).toString('base64') })
  }
  return page
}
