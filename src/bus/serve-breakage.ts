/** Answering in a demo: somebody wishes something broken, and reads what was done or why it can't be. */
import type { Bus, Request, Running } from './bus.ts'
import { REFUSAL_HEADERS } from './command-id.ts'
import { PROBLEMS, problemDocument, type Refusal } from './problem.ts'
import { type Address, demoSubject } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

/** What was done, or the reason why nothing was. */
export type Broken = { reply: object } | { refusal: Refusal }

/** Breaks; `body` are the bare fields, as the gateway has read them by its table. */
export type Breakage = (body: Record<string, unknown>) => Broken | Promise<Broken>

/** Answers to the breakage `name` of `address` until stopped; `failed` hears of a defect, after which the asker was told too. */
export const serveBreakage = (
  bus: Bus,
  address: Address,
  name: string,
  breakage: Breakage,
  failed: (error: unknown) => void,
): Running => {
  const answer = async (request: Request): Promise<void> => {
    const broken = await breakage(JSON.parse(Buffer.from(request.body).toString('utf8')))
    if ('reply' in broken) request.respond(Buffer.from(JSON.stringify(broken.reply)))
    else refuse(request, broken.refusal)
  }
  return bus.serve(demoSubject(address, name), request => {
    answer(request).catch(error => {
      if (error instanceof Unavailable) return refuse(request, { code: 'unavailable', detail: error.message })
      failed(error)
      refuse(request, { code: 'internal', detail: 'nothing is known to be broken' })
    })
  })
}

const refuse = (request: Request, refusal: Refusal): void =>
  request.respond(Buffer.from(JSON.stringify(problemDocument(refusal, ''))), {
    [REFUSAL_HEADERS.status]: String(PROBLEMS[refusal.code].status),
    [REFUSAL_HEADERS.detail]: refusal.code,
  })
