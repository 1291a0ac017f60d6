/** What is measured on two shops, in slices that take turns, so that whatever else the machine does hits both alike. */
import type { Bus } from '../../src/bus/bus.ts'
import type { Customers } from './fill.ts'
import { PARTS, type Part, type Shop, TURNS_OF_A_LAP } from './shop.ts'

/** A shop and who is in it. */
export type Subject = { shop: Shop; customers: Customers }

/** How often a second, and how much CPU each took, ms. */
export type Pace = { perSecond: number; cpuMs: number }

/** Does one thing once; gives how many were done by it. */
type Work = (subject: Subject) => number

const SLICE_MS = 100
const PAGE = 20
/** None of these queries asks anybody else. */
const NO_BUS = {} as Bus

export const MEASURES: Record<string, Work> = {
  'turns of 1': subject => lap(subject, 1),
  'turns of 8': subject => lap(subject, 8),
  'turns of 64': subject => lap(subject, 64),
  balance: subject => ask(subject, 'billing', 'GetBalance', { user_id: oneOf(subject.customers.all) }),
  'history, first page': subject => ask(subject, 'billing', 'GetHistory', pageOf(subject)),
  'history, deep page': subject =>
    ask(subject, 'billing', 'GetHistory', { ...pageOf(subject), cursor: String(subject.customers.middle) }),
  'orders of a user': subject => ask(subject, 'order', 'ListOrders', pageOf(subject)),
  'newest orders': subject => ask(subject, 'order', 'ListOrders', { limit: PAGE }),
  'letters of a user': subject => ask(subject, 'notification', 'ListLetters', pageOf(subject)),
}

/** Measures one of `MEASURES` on each subject for `seconds`; `first` says which begins. */
export const measureInTurn = (name: string, subjects: readonly Subject[], seconds: number, first: number): Pace[] => {
  const work = MEASURES[name] as Work
  const sums = subjects.map(() => ({ done: 0, ms: 0, cpuMs: 0 }))
  const slices = Math.ceil((seconds * 1000) / SLICE_MS)
  for (let slice = 0; slice < slices * subjects.length; slice++) {
    const at = (slice + first) % subjects.length
    const sum = sums[at]!
    const subject = subjects[at]!
    const began = performance.now()
    const cpu = process.cpuUsage()
    do sum.done += work(subject)
    while (performance.now() - began < SLICE_MS)
    for (const part of PARTS) subject.shop.parts[part].guarded.tidy()
    const used = process.cpuUsage(cpu)
    sum.ms += performance.now() - began
    sum.cpuMs += (used.user + used.system) / 1000
  }
  return sums.map(({ done, ms, cpuMs }) => ({ perSecond: (done * 1000) / ms, cpuMs: cpuMs / done }))
}

const lap = (subject: Subject, orders: number): number => {
  subject.shop.lap(Array.from({ length: orders }, () => oneOf(subject.customers.all)))
  return TURNS_OF_A_LAP
}

/** Asks as the actor's own endpoint does, with the text of the answer. */
const ask = ({ shop }: Subject, part: Part, query: string, body: object): number => {
  const answer = shop.parts[part].core.behaviour.answer[query]?.(body, NO_BUS)
  if (!answer || !('reply' in answer)) throw new Error(`${query} was not answered: ${JSON.stringify(answer)}`)
  JSON.stringify(answer.reply)
  return 1
}

/** Of somebody who has more than a page in any shop. */
const pageOf = ({ customers }: Subject) => ({ user_id: oneOf(customers.regulars), limit: PAGE })

const oneOf = (userIds: readonly string[]): string => userIds[Math.floor(Math.random() * userIds.length)]!
