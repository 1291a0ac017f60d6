/** The dead letters of every actor in one list, and the commands that settle one. */
import type { z } from 'zod'
import { type deadLetter, kernelContract, type Page } from '../actors/kernel/kernel-contract.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { readBody, readParameters } from '../bus/contract.ts'
import { type Address, commandSubject, querySubject, sourceOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { ask, REPLAYED } from './ask.ts'
import { commandBodyOf } from './command-body.ts'
import { askerHeaders, commandHeaders, commandKeyOf } from './command-key.ts'
import { deadlineOf, soonerOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { parametersOf, refuseParameters } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'
import type { DeadLetterRoute, DeadLettersRoute } from './route.ts'

type DeadLetter = z.infer<typeof deadLetter>

/** Rows of a page unless fewer are asked for; an actor gives no more. */
const PAGE_MOST = 100

/** An actor that restarts is back by then, ms. One that stays away hides its own dead letters, and not the others'. */
const OWNER_MS = 2_000

/** Names the actors whose dead letters are missing in the list. */
const UNANSWERED = 'Kassa-Unanswered'

const NO_PAGE: Page<DeadLetter> = { items: [], next_cursor: null }

// All places where a dead letter can lie, in the order in which a cursor names them.
const OWNERS: readonly Address[] = ADDRESSES

/**
 * The handler of the list, the newest first. Where an actor does not answer, the header says so and the others' are shown:
 * who looks here wants to know what is wrong, and a part that is down is part of it. 503 when none answers.
 */
export const answerDeadLetters =
  (ports: GatewayPorts, route: DeadLettersRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const { limit, cursor, status } = readParameters(
      kernelContract.queries.ListDeadLetters.body,
      parametersOf(exchange),
    )
    const most = Math.min(limit ?? PAGE_MOST, PAGE_MOST)
    const starts = startsOf(cursor)
    const deadline = soonerOf(deadlineOf(ports, exchange), OWNER_MS, ports)
    const headers = askerHeaders(exchange)

    const answers = await Promise.allSettled(
      OWNERS.map(async (owner, index) => {
        const body = { limit: most, cursor: starts[index], status }
        const { value } = await ask(ports, { subject: querySubject(owner, route.name), body, headers }, deadline)
        return kernelContract.queries.ListDeadLetters.reply.parse(value)
      }),
    )
    const pages = answers.map(pageIn)
    const silent = OWNERS.filter((_, index) => pages[index] === NO_PAGE)
    if (silent.length === OWNERS.length) throw new Unavailable('no actor answers')
    const { items, ends } = merged(pages, most)
    const complete = pages.every((page, index) => page.next_cursor === null && ends[index] === page.items.length)
    const reached = ends.map((end, index) => pages[index]?.items[end - 1]?.dead_letter_id ?? starts[index])
    return sendJson(
      exchange,
      route.success,
      JSON.stringify({ items, next_cursor: complete ? null : cursorOf(reached) }),
      silent.length === 0 ? {} : { [UNANSWERED]: silent.map(sourceOf).join(', ') },
    )
  }

/** The handler of redrive and discard. */
export const answerDeadLetter =
  (ports: GatewayPorts, route: DeadLetterRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const deadline = deadlineOf(ports, exchange)
    refuseParameters(exchange)
    const key = commandKeyOf(exchange, ports)
    const body = (await commandBodyOf(exchange, route)) as { dead_letter_id: string }
    readBody(route.spec.body, body)

    const owner = OWNERS.find(owner => body.dead_letter_id.startsWith(prefixOf(owner)))
    if (!owner) throw refuse('dead_letter_not_found', 'There is no such dead letter; an id looks like order-0-17')
    exchange.set('handle', key.text)
    const subject = commandSubject(owner, route.name)
    const answer = await ask(ports, { subject, body, headers: commandHeaders(exchange, key) }, deadline)
    const reply = JSON.stringify(route.spec.reply.parse(answer.value))
    return sendJson(exchange, route.success, reply, answer.replayed && key.given ? REPLAYED : {})
  }

const pageIn = (answer: PromiseSettledResult<Page<DeadLetter>>): Page<DeadLetter> => {
  if (answer.status === 'fulfilled') return answer.value
  if (answer.reason instanceof Unavailable) return NO_PAGE
  throw answer.reason
}

// Takes from each page, which is in its actor's own order, as long as its head is the newest. `ends`: how many of each.
// Where a page ends that is not its actor's last, its next row may be the newest: then no more can be said.
const merged = (pages: Page<DeadLetter>[], most: number): { items: DeadLetter[]; ends: number[] } => {
  const items: DeadLetter[] = []
  const ends = pages.map(() => 0)
  const headOf = (index: number): DeadLetter | undefined => pages[index]?.items[ends[index] ?? 0]
  const isCut = (index: number): boolean => headOf(index) === undefined && pages[index]?.next_cursor != null

  while (items.length < most && !ends.some((_, index) => isCut(index))) {
    let newest = 0
    for (const index of ends.keys())
      if ((headOf(index)?.created_at ?? '') > (headOf(newest)?.created_at ?? '')) newest = index
    const next = headOf(newest)
    if (!next) break
    items.push(next)
    ends[newest] = (ends[newest] ?? 0) + 1
  }
  return { items, ends }
}

const prefixOf = ({ actor, cell }: Address): string => `${actor}-${cell}-`

// `17_-_4`: the number of the last dead letter shown of each owner, `-` where none was yet.
const cursorOf = (reached: (string | undefined)[]): string => reached.map(id => id?.split('-')[2] ?? '-').join('_')

const startsOf = (cursor: string | undefined): (string | undefined)[] => {
  if (cursor === undefined) return OWNERS.map(() => undefined)
  const numbers = cursor.split('_')
  if (numbers.length !== OWNERS.length || !numbers.every(number => /^(?:-|[1-9]\d{0,15})$/.test(number)))
    throw refuse('invalid_field', 'The cursor should be what next_cursor gave')
  return OWNERS.map((owner, index) => (numbers[index] === '-' ? undefined : `${prefixOf(owner)}${numbers[index]}`))
}
