/** A request for a list: the pages of an actor become one bare array, or CSV. */
import type { z } from 'zod'
import type { Page } from '../actors/kernel/kernel-contract.ts'
import { readParameters } from '../bus/contract.ts'
import { readRows } from './all-rows.ts'
import { askQuery } from './answer-query.ts'
import type { Answer } from './ask.ts'
import { csvOf, prefersCsv } from './csv.ts'
import { deadlineOf } from './deadline.ts'
import { type Exchange, sendCsv, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { linkTo } from './link.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { ListRoute } from './route.ts'
import { createPageReader } from './written-page.ts'

/** A list is complete up to this many rows, then it is paged. */
const ROWS_MOST = 10_000

/** The handler of a list. Where rows are left, `Link` says where they are. */
export const answerList = (ports: GatewayPorts, route: ListRoute) => {
  const readWritten = createPageReader(route.spec.reply)

  return async (exchange: Exchange): Promise<Response> => {
    const raw = parametersOf(exchange)
    const read = readParameters(route.spec.body, raw)
    const most = (read.limit as number | undefined) ?? ROWS_MOST
    const deadline = deadlineOf(ports, exchange)
    const held = await heldFields(ports, exchange, route, read, deadline)
    const body = { ...read, ...held }

    const askPage = (limit: number, more: Record<string, string> = {}): Promise<Answer> => {
      const asked = { ...raw, ...held, limit: String(limit), ...more }
      return askQuery(ports, exchange, route, { raw: asked, body }, deadline)
    }
    const pageOf = ({ value }: Answer) => route.spec.reply.parse(value) as Page<unknown>
    const headersTo = (cursor: string | null): Record<string, string> => ({
      ...linkTo(route.path, raw, cursor),
      ...(route.csv ? { Vary: 'Accept' } : {}),
    })
    const asCsv = route.csv && prefersCsv(exchange.req.header('accept'))

    const first = await askPage(most)
    const written = asCsv ? undefined : readWritten(first.text)
    // More often than not one page is all.
    if (written && (written.next_cursor === null || written.rows >= most))
      return sendJson(exchange, route.success, written.items, headersTo(written.next_cursor))

    const { rows, cursor } = await readRows(route.name, most, pageOf(first), async (limit, cursor) =>
      pageOf(await askPage(limit, { cursor })),
    )
    if (!asCsv) return sendJson(exchange, route.success, JSON.stringify(rows), headersTo(cursor))
    return sendCsv(exchange, csvOf(columnsOf(route), rows as Record<string, unknown>[]), headersTo(cursor))
  }
}

const columnsOf = ({ spec }: ListRoute): string[] => {
  const { items } = (spec.reply as z.ZodObject).shape as { items: z.ZodArray<z.ZodObject> }
  return Object.keys(items.element.shape)
}
