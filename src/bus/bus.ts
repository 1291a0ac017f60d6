/** The bus: the ways a message can travel, and what each promises. */
import type { Entry } from './entry.ts'
import type { Address } from './subjects.ts'

/** Header names are matched exactly; values have no line breaks, and no blanks around them: NATS drops those. */
export type Headers = Readonly<Record<string, string>>

/** What travels: a subject, bytes and headers. */
export type Message = { subject: string; body: Uint8Array; headers: Headers }

/**
 * A message whose sender waits for an answer. `respond` may be called once; it never throws. `asker` is the user of the
 * broker to whose inbox the answer goes, who alone can listen there; unset where the bus does not know.
 */
export type Request = Message & { respond: (body: Uint8Array, headers?: Headers) => void; asker?: string | undefined }

/** Something that goes on until it is stopped. Stopping twice is harmless. */
export type Running = { stop: () => Promise<void> }

/**
 * How messages travel between actors and the gateway. Two implementations pass one suite (`bus-suite.ts`):
 * NATS for real, memory for tests and simulation.
 */
export interface Bus {
  /**
   * Asks and waits. At most once: the request or its answer may be lost, so ask again with the same command id.
   * Throws `Unavailable` when nobody listens (at once) or nobody answered within `timeoutMs`.
   */
  request(subject: string, body: Uint8Array, options: { headers?: Headers; timeoutMs: number }): Promise<Message>

  /** Answers requests on `subject` (`*` and `>` are wildcards). `handle` must not throw. */
  serve(subject: string, handle: (request: Request) => void): Running

  /** Hears what is published on `subject` from now on. At most once, and nothing while disconnected. */
  listen(subject: string, hear: (message: Message) => void): Running

  /** The stream that carries the log of `address`. Nothing is made or asked by this call. */
  logStream(address: Address): LogStream

  /** The queue of commands that nobody waits for. */
  queue: CommandQueue

  /** Calls `changed` when the connection comes or goes; returns at once. */
  onConnection(changed: (connected: boolean) => void): void

  /** Sends what is buffered, then ends every subscription and the connection. */
  close(): Promise<void>
}

/** What a look at a stream shows. `last` is missing where the message at `lastSeq` is gone. */
export type StreamLook = { created: string; firstSeq: number; lastSeq: number; last: Entry | undefined }

/** Thrown by `append` when the stream does not stand where the entry expects it: a question to look again, never an answer. */
export class StreamConflict extends Error {
  override name = 'StreamConflict'
}

/** Thrown by `consumer` where somebody else's consumer has the name: it reads something else, or in another way. */
export class ConsumerTaken extends Error {
  override name = 'ConsumerTaken'
}

/**
 * An append-only stream whose numbers are the log's numbers. A broker may lose what it acknowledged;
 * whoever uses this must ask again where the stream really stands (protocol, R4–R8). Every method throws `Unavailable`
 * when the broker does not answer.
 */
export interface LogStream {
  /** Makes the stream, empty and beginning at 1. Only the owner of the log calls it. No harm where it exists. */
  create(): Promise<void>
  /**
   * Brings what a broker shows people of the stream up to date, and nothing of what it stores. Only the owner of the log
   * calls it. No harm where there is none.
   */
  describe(): Promise<void>
  /**
   * Removes the messages numbered below `before`, but none that a durable consumer still waits for, and never the last.
   * Only the owner of the log calls it. No harm where there is no stream.
   */
  cut(before: number): Promise<void>
  /** Removes the stream with all its messages. No harm where there is none. */
  delete(): Promise<void>
  /** Where the stream stands, by its last message, not only by its numbers; `undefined` where there is no such stream. */
  look(): Promise<StreamLook | undefined>
  /** The message at `seq`, or `undefined` where it is missing. Its chain is what its writer claims: check it. */
  get(seq: number): Promise<Entry | undefined>
  /**
   * Publishes `entries` (consecutive) pipelined, each expecting the number and the chain before it. Resolves when the
   * last one is acknowledged. `previous` is the chain before the first. Throws `StreamConflict`, also where there is no
   * stream, or `Unavailable`; after either, some, none or all may be in the stream.
   */
  append(entries: readonly Entry[], previous: string): Promise<void>
  /**
   * Delivers messages in the stream's order from number `from` on, those there and those to come, without acks.
   * `broken` is called once, with the reason, when delivery can't go on (stream or consumer gone, gap, silence);
   * then nothing more comes, and the caller follows again from where it stands. A `from` beyond the end just waits.
   * Nothing holds the delivery back: a reader that can't keep up stops, and follows again when it can.
   */
  follow(from: number, reader: string, deliver: (entry: Entry) => void, broken: (reason: string) => void): Running
  /**
   * Makes or confirms a durable consumer `name` for anybody to read messages of `subject` from the first, with explicit
   * acks. Returns how many messages wait in it. Throws `ConsumerTaken`; changes nothing of one that is there.
   */
  consumer(name: string, subject: string): Promise<{ pending: number }>
}

/** A command taken from the queue. `sentAt` is the broker's time in ms; `fallbackId` names the message where its sender did not. */
export type QueuedCommand = Message & { fallbackId: string; sentAt: number; ack: () => void }

/** Commands that wait until their actor has carried them out. What `send` resolved is on the broker's disk. */
export interface CommandQueue {
  /**
   * Puts a command into the queue; `id` becomes its `Nats-Msg-Id`. Resolves when it is on the disk; `duplicate` when
   * the broker had this id already a short while ago, `seq` then being that of the first. Throws `Unavailable`.
   */
  send(
    subject: string,
    body: Uint8Array,
    options: { id: string; headers?: Headers },
  ): Promise<{ seq: number; duplicate: boolean }>
  /** The command at `seq` while it still waits. */
  get(seq: number): Promise<Message | undefined>
  /**
   * Delivers the queued commands of `address`, oldest first, each again until acknowledged; makes queue and consumer
   * where they are missing, and goes on by itself after faults. At least once.
   */
  work(address: Address, deliver: (command: QueuedCommand) => void): Running
  /** The broker's time in ms of the oldest command that still waits for `address`; `undefined` when none does. */
  oldest(address: Address): Promise<number | undefined>
}
