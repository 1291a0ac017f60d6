/** The broker's JetStream API: JSON questions under `$JS.API`. */
import { type Msg, MsgHdrsImpl } from '@nats-io/transport-node'
import type { Message } from './bus.ts'
import type { Entry } from './entry.ts'
import { entryOf } from './entry-message.ts'
import { apiSubject, KEEPER } from './kept-api.ts'
import { headersOf } from './nats-headers.ts'
import { type NatsLink, NobodyListens } from './nats-link.ts'
import { Unavailable } from './unavailable.ts'

const TIMEOUT_MS = 5_000
// Other numbers from 500 on are also given to questions that can never be answered.
const NOT_NOW = 503

/** The refusals that are told apart, by the broker's own numbers. */
export const refusals = {
  consumerNotFound: 10014,
  messageNotFound: 10037,
  streamNameInUse: 10058,
  streamNotFound: 10059,
} as const

/** The broker understood the question and said no. */
export class Refused extends Error {
  override name = 'Refused'
  errorCode: number
  constructor(subject: string, errorCode: number, description: string) {
    super(`The broker refused ${subject}: ${description} (${errorCode})`)
    this.errorCode = errorCode
  }
}

/** Whether `thrown` is the broker's refusal of that number. */
export const isRefused = (thrown: unknown, ...errorCodes: number[]): boolean =>
  thrown instanceof Refused && errorCodes.includes(thrown.errorCode)

type Answer = { error?: { code: number; err_code: number; description: string } }

/** Reads an answer of JetStream, also a publish's acknowledgement; throws `Refused`, or `Unavailable` for "not now". */
export function readAnswer<T>(subject: string, message: Msg): T {
  const answer = message.json<T & Answer>()
  const { error } = answer
  if (!error) return answer
  if (error.code === NOT_NOW) throw new Unavailable(`The broker can't do ${subject} now: ${error.description}`)
  throw new Refused(subject, error.err_code, error.description)
}

/** Asks JetStream for `what` (`STREAM.INFO.ORDER_0`), or the keeper, where the broker lets nobody else ask for it. */
export async function askApi<T>(link: NatsLink, what: string, question?: object): Promise<T> {
  const subject = apiSubject(what, link.keptFor())
  const body = Buffer.from(question ? JSON.stringify(question) : '')
  try {
    return readAnswer<T>(subject, await link.ask(subject, body, { timeoutMs: TIMEOUT_MS }))
  } catch (thrown) {
    if (thrown instanceof NobodyListens) throw new Unavailable(whoIsMissing(subject))
    throw thrown
  }
}

const whoIsMissing = (subject: string): string =>
  subject.startsWith(KEEPER)
    ? `Nobody answers ${subject}: a Kassa that was started whole has a keeper; for parts alone run npm start -- keeper`
    : 'The broker has no JetStream: start it with -js'

type Stored = { message: { subject: string; seq: number; time: string; hdrs?: string; data?: string } }

/** A message as a stream keeps it; `time` is ISO 8601. */
export type StoredMessage = Message & { seq: number; time: string }

/** The stored message that `which` selects, or `undefined` where it or its stream is missing. */
export async function storedMessage(
  link: NatsLink,
  stream: string,
  which: { seq: number; next_by_subj?: string },
): Promise<StoredMessage | undefined> {
  try {
    const { message } = await askApi<Stored>(link, `STREAM.MSG.GET.${stream}`, which)
    return {
      subject: message.subject,
      seq: message.seq,
      time: message.time,
      body: Buffer.from(message.data ?? '', 'base64'),
      headers: headersOf(() => (message.hdrs ? MsgHdrsImpl.decode(Buffer.from(message.hdrs, 'base64')) : undefined)),
    }
  } catch (thrown) {
    if (isRefused(thrown, refusals.messageNotFound, refusals.streamNotFound)) return undefined
    throw thrown
  }
}

/** The entry at `seq` of a log stream, or `undefined` where it is missing. */
export async function storedEntry(link: NatsLink, stream: string, seq: number): Promise<Entry | undefined> {
  const stored = await storedMessage(link, stream, { seq })
  return stored && entryOf(stored.seq, stored.subject, stored.body, stored.headers)
}
