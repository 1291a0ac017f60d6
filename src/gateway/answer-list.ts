/** A request for a list: the pages of an actor become one bare array. */
import type { Page } from '../actors/kernel/kernel-contract.ts'
import { readParameters } from '../bus/contract.ts'
import { askQuery } from './answer-query.ts'
import { deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { ListRoute } from './route.ts'

/** A list is complete up to this many rows, then it is paged (contract §3.10). */
const ROWS_MOST = 10_000

/** The handler of a list. Where rows are left, `Link` says where they are. */
export const answerList =
  (ports: GatewayPorts, route: ListRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const raw = parametersOf(exchange)
    const body = readParameters(route.spec.body, raw)
    const most = (body.limit as number | undefined) ?? ROWS_MOST
    const deadline = deadlineOf(ports)

    const rows: unknown[] = []
    let cursor: string | null = raw.cursor ?? null
    do {
      const asked: Record<string, string> = { ...raw, limit: String(most - rows.length) }
      if (cursor !== null) asked.cursor = cursor
      // The actor caps a page by its bytes, so that a page always fits into a message.
      const { value } = await askQuery(ports, exchange, route, { raw: asked, body }, deadline)
      const page = route.spec.reply.parse(value) as Page<unknown>
      if (page.items.length === 0 && page.next_cursor !== null)
        throw new Error(`Cannot read ${route.name}: a page is empty and yet not the last; it should bring a row`)
      rows.push(...page.items)
      cursor = page.next_cursor
    } while (cursor !== null && rows.length < most)

    return sendJson(exchange, route.success, JSON.stringify(rows), linkTo(route.path, raw, cursor))
  }

const linkTo = (path: string, raw: Record<string, string>, cursor: string | null): Record<string, string> => {
  if (cursor === null) return {}
  const query = new URLSearchParams({ ...raw, cursor })
  return { Link: `<${path}?${query}>; rel="next"` }
}
