/** The actors of a Kassa that runs: open or not, how far behind, and what waits for a person. */
import type { z } from 'zod'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { ADDRESSES } from '../actors/registry.ts'
import type { Bus } from '../bus/bus.ts'
import { REFUSAL_HEADERS } from '../bus/command-id.ts'
import { type Address, querySubject, sourceOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { type Finding, look, well, wrong } from './finding.ts'

const ASK_MS = 5_000

/** A few entries are usual under load; so many are seconds. */
const LAG_MOST = 1_000

type Health = z.output<typeof kernelContract.queries.Health.reply>

/** What an actor says of itself; undefined where nobody answers. */
export type Seen = { actor: string; health: Health | undefined; deadLetters: number; lastAt: number | undefined }

/** Asks every actor. */
export const seeActors = (bus: Bus): Promise<Seen[]> => Promise.all(ADDRESSES.map(address => see(bus, address)))

const see = async (bus: Bus, address: Address): Promise<Seen> => {
  const actor = sourceOf(address)
  const { queries } = kernelContract
  const health = await ask(bus, address, 'Health', {}, queries.Health.reply)
  if (health === undefined) return { actor, health, deadLetters: 0, lastAt: undefined }
  const figures = (await ask(bus, address, 'Metrics', {}, queries.Metrics.reply))?.figures ?? []
  const waiting = figures.find(({ name }) => name === 'kassa_dead_letters_waiting')
  const deadLetters = waiting && 'value' in waiting ? waiting.value : 0
  return { actor, health, deadLetters, lastAt: await lastAtOf(bus, address, health.head) }
}

const ask = async <S extends z.ZodType>(
  bus: Bus,
  address: Address,
  query: string,
  question: object,
  reply: S,
): Promise<z.output<S> | undefined> => {
  try {
    const body = Buffer.from(JSON.stringify(question))
    const said = await bus.request(querySubject(address, query), body, { timeoutMs: ASK_MS })
    if (said.headers[REFUSAL_HEADERS.status] !== undefined) return undefined
    return reply.parse(JSON.parse(Buffer.from(said.body).toString('utf8')))
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault
    return undefined
  }
}

const lastAtOf = async (bus: Bus, address: Address, head: number): Promise<number | undefined> => {
  if (head === 0) return undefined
  const page = await ask(bus, address, 'ReadLog', { from: head, limit: 1 }, kernelContract.queries.ReadLog.reply)
  const [entry] = page?.entries ?? []
  if (!entry) return undefined
  const { time } = JSON.parse(Buffer.from(entry.body, 'base64').toString('utf8')) as { time: string }
  return Date.parse(time)
}

/** What is to be said of those that were seen. */
export const examineActors = (seen: readonly Seen[]): Finding[] =>
  seen.flatMap(one => [examinePhase(one), ...examineLag(one, seen), ...examineDeadLetters(one)])

const examinePhase = ({ actor, health }: Seen): Finding => {
  if (!health) return wrong(actor, 'does not answer', 'see its last lines in the log, then stop and start Kassa')
  const { phase, waits_for: waitsFor, warning, head } = health
  if (phase === 'open' && warning === null) return well(actor, `open, ${head} entries`)
  if (phase === 'open')
    return wrong(actor, `open, but ${warning}`, 'stop, put back the newest copy of its .keys.db, start')
  const says = `${phase}${waitsFor === null ? '' : `: ${waitsFor}`}`
  return wrong(actor, says, MENDING[phase] ?? `wait for ${waitsFor ?? 'a moment'}, then: npm start -- doctor`)
}

const MENDING: Record<string, string> = {
  refused: `put back the store that ran last, or look: npm start -- adopt`,
  'no room': 'free some room on the disk; it goes on by itself',
  'cut off': 'put back the store that ran last, for whichever of the two was replaced, then start again',
}

const examineLag = ({ actor, health }: Seen, all: readonly Seen[]): Finding[] => {
  if (!health) return []
  const unpublished = health.head - (health.stream ?? 0)
  const unread = Object.entries(health.cursors).map(([source, cursor]) => {
    const head = all.find(other => other.actor === source)?.health?.head
    return { of: source, entries: head === undefined ? 0 : head - cursor }
  })
  return [{ of: 'its stream', entries: unpublished }, ...unread]
    .filter(({ entries }) => entries > LAG_MOST)
    .map(({ of, entries }) => {
      const says =
        of === 'its stream' ? `its stream lacks ${entries} entries` : `has not read ${entries} entries of ${of}`
      return look(
        `lag of ${actor}`,
        says,
        'look again: npm start -- doctor; if it only grows, see the log of this actor',
      )
    })
}

const examineDeadLetters = ({ actor, deadLetters }: Seen): Finding[] =>
  deadLetters === 0
    ? []
    : [
        wrong(
          `dead letters of ${actor}`,
          `${deadLetters} wait for a person`,
          'npm start -- dead-letters list --status waiting',
        ),
      ]
