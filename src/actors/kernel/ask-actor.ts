/** Asking another actor's kernel: where it stands, and what its log says. */
import type { Bus } from '../../bus/bus.ts'
import { REFUSAL_HEADERS } from '../../bus/command-id.ts'
import type { Entry } from '../../bus/entry.ts'
import type { LogPage } from '../../bus/reader.ts'
import { addressOf, querySubject } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Epoch } from './epochs.ts'
import type { Testimony } from './outlook.ts'
import type { WrittenEntry } from './shown-shapes.ts'

const TIMEOUT_MS = 1000

type WrittenPage = { head: number; chain_before: string; entries: WrittenEntry[] }

/** What the actor `whom` (`order/0`) answers to a query. Throws `Unavailable`, also for its no. */
export const askActor = async (
  bus: Bus,
  whom: string,
  query: string,
  body: object,
  timeoutMs = TIMEOUT_MS,
): Promise<unknown> => {
  const subject = querySubject(addressOf(whom), query)
  const reply = await bus.request(subject, Buffer.from(JSON.stringify(body)), { timeoutMs })
  const answer: unknown = JSON.parse(Buffer.from(reply.body).toString('utf8'))
  if (reply.headers[REFUSAL_HEADERS.status] === undefined) return answer
  throw new Unavailable(`${whom} does not answer ${query}: ${(answer as { detail: string }).detail}`)
}

/** Where `reader` stands in the log of `source`. Throws `Unavailable`. */
export const askCursor = async (bus: Bus, reader: string, source: string): Promise<Testimony> =>
  (await askActor(bus, reader, 'Cursor', { source })) as Testimony

/** The epochs of `source`. Throws `Unavailable`. */
export const askEpochs = async (bus: Bus, source: string): Promise<Epoch[]> =>
  ((await askActor(bus, source, 'ListEpochs', {})) as { items: Epoch[] }).items

/** Up to `limit` entries of the log of `source` from number `from` on. Throws `Unavailable`. */
export const askLog = async (bus: Bus, source: string, from: number, limit: number): Promise<LogPage> => {
  const { head, chain_before, entries } = (await askActor(bus, source, 'ReadLog', { from, limit })) as WrittenPage
  return {
    head,
    chainBefore: from - 1 > head ? undefined : chain_before,
    entries: entries.map(readEntry),
  }
}

/** Up to `limit` entries of the log of `source` that `reader` kept, from number `from` on. Throws `Unavailable`. */
export const askCopies = async (
  bus: Bus,
  reader: string,
  source: string,
  { from, limit }: { from: number; limit: number },
): Promise<Entry[]> => {
  const { entries } = (await askActor(bus, reader, 'ReadCopies', { source, from, limit })) as Pick<
    WrittenPage,
    'entries'
  >
  return entries.map(readEntry)
}

const readEntry = (entry: WrittenEntry): Entry => ({ ...entry, body: Buffer.from(entry.body, 'base64') })
