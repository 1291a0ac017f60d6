/** What every actor answers and publishes, whatever it is about. */
import { z } from 'zod'
import { type Contract, defineContract } from '../../bus/contract.ts'
import { field, id, shownId, shownMoment, shownUserId } from '../values.ts'
import { figure } from './figure-schema.ts'
import { acceptedCursor, dataDir, outlook, testimony } from './outlook.ts'
import { heldCommand, timelineStep, writtenEntry } from './shown-shapes.ts'

/** A page of a list on input. `cursor` is what `next_cursor` gave. */
export const pageFields = {
  limit: field<number, number | string>(readLimit, {
    problem: 'invalid_field',
    message: 'should be a whole number from 1 to 10000',
    schema: { type: 'integer', minimum: 1, maximum: 10_000 },
  }).optional(),
  cursor: id.optional(),
}

/** The version of a thing that a change is meant for: 0 where there must be none yet, `*` for any. */
export const ifVersionField = z.union([z.int().nonnegative(), z.literal('*')]).optional()

function readLimit(value: unknown): number | undefined {
  const limit = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  return typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= 10_000 ? limit : undefined
}

/** A list on output: at most `limit` items, and where the next page starts. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() })

/** A page that `pageOf` describes. */
export type Page<T> = { items: T[]; next_cursor: string | null }

/** A dead letter as it is listed: what could not be carried out, and why. */
export const deadLetter = z.object({
  dead_letter_id: shownId,
  actor: z.string(),
  command: z.string(),
  reason: z.string(),
  detail: z.string(),
  body: z.unknown(),
  attempts: z.int(),
  version: z.string(),
  status: z.enum(['waiting', 'redriven', 'discarded']),
  created_at: shownMoment,
})

// Asked for so that others can see who it was: it is believed, not proven, and stands in the log for ever.
const by = z.string().min(1).max(80).optional().describe('who settles it: a name, or the number of a ticket')

const told = z.string().optional()

const settledDeadLetter = z.object({ dead_letter_id: shownId, status: z.enum(['redriven', 'discarded']) })

export const kernelContract = defineContract({
  actor: 'kernel',
  summary: 'what every actor answers and publishes',
  commands: {
    RedriveDeadLetter: {
      summary: 'carry a dead letter out once more, as it was sent or with another body',
      body: z.strictObject({
        dead_letter_id: id,
        body: z
          .record(z.string(), z.unknown())
          .optional()
          .describe('what to carry out in its place: a body that fits its command. What was sent stays as it is'),
        by,
      }),
      reply: settledDeadLetter,
      refusals: ['dead_letter_not_found', 'dead_letter_settled'],
    },
    DiscardDeadLetter: {
      summary: 'give a dead letter up',
      body: z.strictObject({ dead_letter_id: id, by }),
      reply: settledDeadLetter,
      refusals: ['dead_letter_not_found', 'dead_letter_settled'],
    },
  },
  queries: {
    LookOut: {
      summary: 'what is known of the log of a refused actor, by whomever, before a person chooses (protocol, R16)',
      body: z.strictObject({ data_dir: dataDir }),
      reply: outlook,
      refusals: ['unavailable'],
    },
    // A wish, and irrevocable. But commands go through the mailbox, which a refused actor never opens.
    Adopt: {
      summary:
        'no question but a wish that can not be taken back: go on with the store of a refused actor: what it lacks is given up, a new epoch begins (protocol, R16)',
      body: z.strictObject({ data_dir: dataDir }),
      reply: outlook.extend({ epoch: z.int() }),
      refusals: ['unavailable'],
    },
    ListEpochs: {
      summary: 'where lost entries of this log were given up, and who had seen them',
      body: z.strictObject({}),
      reply: z.object({
        items: z.array(z.object({ seq: z.int(), kept: z.int(), voided: z.int(), accepted: z.array(acceptedCursor) })),
      }),
      refusals: [],
    },
    ListOrphans: {
      summary: 'what this actor did upon entries of another that were given up since',
      body: z.strictObject({}),
      reply: z.object({ items: z.array(timelineStep) }),
      refusals: [],
    },
    ListDeadLetters: {
      summary: 'what could not be carried out, the newest first',
      body: z.strictObject({ ...pageFields, status: z.enum(['waiting', 'redriven', 'discarded']).optional() }),
      reply: pageOf(deadLetter),
      refusals: [],
    },
    Health: {
      summary: 'how the actor is: which step of the start it stands at and whom it waits for, or that it is open',
      body: z.strictObject({}),
      reply: z.object({
        phase: z.string(),
        waits_for: z.string().nullable(),
        head: z.int(),
        stream: z.int().nullable(),
        cursors: z.record(z.string(), z.int()),
        mailbox: z.int(),
        pid: z.int(),
        version: z.string(),
        warning: z.string().nullable(),
      }),
      refusals: [],
    },
    Metrics: {
      summary: 'what the process counts and measures of itself; the gateway shows it at /metrics',
      body: z.strictObject({}),
      reply: z.object({ figures: z.array(figure), cursors: z.record(z.string(), z.int()) }),
      refusals: [],
    },
    CheckKeys: {
      summary:
        'which of these entries of the log can not be read, or compared with what comes again, because a key is lost',
      body: z.strictObject({ entries: z.array(z.int().positive()).max(500) }),
      reply: z.object({ unreadable: z.array(z.int()), incomparable: z.array(z.int()) }),
      refusals: [],
    },
    Cursor: {
      summary: 'where this actor stands in the log of another (protocol, R5)',
      body: z.strictObject({ source: z.string().max(80) }),
      reply: testimony,
      refusals: [],
    },
    ReadLog: {
      summary: 'entries of the log from a number on, for a reader whose stream is broken',
      body: z.strictObject({ from: z.int().positive(), limit: z.int().min(0).max(1000) }),
      reply: z.object({
        head: z.int(),
        chain_before: z.string(),
        entries: z.array(writtenEntry),
      }),
      refusals: [],
    },
    ReadCopies: {
      summary: 'entries of another log as this actor has read them, with which that one can be healed (protocol, R17)',
      body: z.strictObject({
        source: z.string().max(80),
        from: z.int().positive(),
        limit: z.int().min(1).max(1000),
      }),
      reply: z.object({ entries: z.array(writtenEntry) }),
      refusals: ['forbidden'],
    },
    GetTimeline: {
      summary: 'the steps of a thread, an order for one, in the log of this actor',
      body: z.strictObject({ thread: z.string().max(80) }),
      reply: z.object({ items: z.array(timelineStep) }),
      refusals: [],
    },
    GetCommandsOf: {
      summary: 'the queued commands of a person that wait or lie among the dead letters',
      body: z.strictObject({ user_id: id }),
      reply: z.object({ items: z.array(heldCommand) }),
      refusals: [],
    },
    FindReply: {
      summary: 'whether a command of this id was handled, and whether it had a body of this fingerprint',
      body: z.strictObject({ command_id: z.string().max(600), fingerprint: z.string().max(64).optional() }),
      reply: z.object({ found: z.boolean(), same: z.boolean().nullable() }),
      refusals: [],
    },
    CopyStore: {
      summary: 'a consistent copy of the store, or of its keys, made beside it meanwhile; gives its file name',
      body: z.strictObject({ keys: z.boolean().optional(), data_dir: dataDir }),
      reply: z.object({ path: z.string() }),
      refusals: ['unavailable'],
    },
  },
  events: {
    Started: {
      summary: 'a process took the log over; every earlier owner is fenced off (protocol, R5)',
      data: z.object({ start_id: z.string(), version: z.string() }),
    },
    CommandRefused: {
      summary: 'a rule said no, and the no must be remembered under the key of the request',
      data: z.object({ command: z.string(), code: z.string() }),
    },
    NothingChanged: {
      summary: 'a command found its wish fulfilled, and that must be remembered under its key',
      data: z.object({ command: z.string() }),
    },
    CommandParked: {
      summary: 'a queued command waits for something that has not happened yet',
      data: z.object({
        command: z.string(),
        person: z.string(),
        waits_for: z.string(),
        until: z.string(),
        reason: z.string(),
        attempts: z.int(),
      }),
      personal: z.object({ body: z.string() }),
    },
    DeadLettered: {
      summary: 'a command could not be carried out and waits for a person',
      data: z.object({
        command: z.string(),
        person: z.string(),
        reason: z.string(),
        detail: z.string(),
        attempts: z.int(),
        version: z.string(),
      }),
      personal: z.object({ body: z.string() }),
    },
    Redriven: {
      summary: 'a dead letter is carried out once more',
      data: z.object({ dead_letter_id: shownId, attempt: z.int(), by: told, person: told }),
      // The body that was given in place of what was sent.
      personal: z.object({ body: z.string().optional() }),
    },
    Discarded: {
      summary: 'a dead letter was given up',
      data: z.object({ dead_letter_id: shownId, by: told }),
    },
    PersonErased: {
      summary: 'the key of what was personal about somebody is deleted; nobody can read it from now on',
      data: z.object({ user_id: shownUserId }),
    },
    Voided: {
      summary:
        'this number is left empty: an entry that was lost had it, and somebody may have seen it (protocol, R16)',
      data: z.object({}),
    },
    EpochStarted: {
      summary:
        'a person gave up what was lost: entries up to `kept` stayed, those up to `voided` are empty; ids go on from `ids`',
      data: z.object({
        kept: z.int(),
        voided: z.int(),
        accepted: z.array(acceptedCursor),
        ids: z.record(z.string(), z.int()),
      }),
    },
    WentBack: {
      summary:
        'the source began a new epoch: this actor reads on from an earlier entry, and what it did since is orphaned',
      data: z.object({ source: z.string(), epoch: z.int(), seq: z.int(), chain: z.string(), orphans: z.int() }),
    },
    InboxTrimmed: {
      summary: 'ids of commands handled until then are forgotten (protocol, R10)',
      data: z.object({ until: z.string() }),
    },
  },
} satisfies Contract)

/** The contract of an actor together with what every actor answers and publishes. */
export const defineActorContract = <const C extends Contract>(contract: C) =>
  defineContract({
    ...contract,
    commands: { ...kernelContract.commands, ...contract.commands },
    queries: { ...kernelContract.queries, ...contract.queries },
    events: { ...kernelContract.events, ...contract.events },
  }) as C & Pick<typeof kernelContract, 'commands' | 'queries' | 'events'>
