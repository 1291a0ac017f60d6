/** A request for everything that is held on a person, put together from all actors. */
import type { z } from 'zod'
import { billingContract } from '../actors/billing/contract.ts'
import { cellOf } from '../actors/cells.ts'
import { kernelContract, type Page } from '../actors/kernel/kernel-contract.ts'
import { notificationContract } from '../actors/notification/contract.ts'
import { orderContract } from '../actors/order/contract.ts'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { momentOut } from '../actors/values.ts'
import { readParameters } from '../bus/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { readRows } from './all-rows.ts'
import { askerHeaders } from './command-key.ts'
import { deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { askAboutUser } from './late-user.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { ExportRoute } from './route.ts'

const ROWS_AT_ONCE = 1_000

/** The handler of the export. Complete however many rows there are; a person who was erased is not found. */
export const answerExport =
  (ports: GatewayPorts, route: ExportRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const read = readParameters(route.spec.body, parametersOf(exchange)) as { user_id: string }
    const deadline = deadlineOf(ports, exchange)
    const { user_id } = { ...read, ...(await heldFields(ports, exchange, route, read, deadline)) }
    const headers = askerHeaders(exchange)

    const about = async <Reply extends z.ZodType>(
      actor: string,
      name: string,
      reply: Reply,
      more: Record<string, string> = {},
    ): Promise<z.output<Reply>> => {
      const question = { subject: querySubject({ actor, cell: cellOf(user_id) }, name), headers }
      const body = { user_id, ...more }
      const { value } = await askAboutUser(
        ports,
        { ...question, body },
        { userId: user_id, remembers: false },
        deadline,
      )
      return reply.parse(value)
    }
    const allAbout = async (actor: string, name: string, reply: z.ZodType): Promise<unknown[]> => {
      const readPage = async (more: Record<string, string>) =>
        (await about(actor, name, reply, { limit: String(ROWS_AT_ONCE), ...more })) as Page<unknown>
      const first = await readPage({})
      const { rows } = await readRows(name, Number.POSITIVE_INFINITY, first, (_, cursor) => readPage({ cursor }))
      return rows
    }

    const { GetUser, ListOrders } = orderContract.queries
    const { GetBalance, GetHistory } = billingContract.queries
    const { ListLettersInFull } = notificationContract.queries
    const { GetCommandsOf } = kernelContract.queries
    // First, so that nothing else is asked about nobody.
    const user = await about('order', 'GetUser', GetUser.reply)
    const [{ balance }, orders, operations, letters, held] = await Promise.all([
      about('billing', 'GetBalance', GetBalance.reply),
      allAbout('order', 'ListOrders', ListOrders.reply),
      allAbout('billing', 'GetHistory', GetHistory.reply),
      allAbout('notification', 'ListLettersInFull', ListLettersInFull.reply),
      Promise.all(ACTOR_NAMES.map(actor => about(actor, 'GetCommandsOf', GetCommandsOf.reply))),
    ])
    const commands = held.flatMap(({ items }) => items)
    const everything = {
      exported_at: momentOut(ports.clock.now()),
      user,
      balance,
      orders,
      operations,
      letters,
      commands,
    }
    return sendJson(exchange, route.success, JSON.stringify(route.spec.reply.parse(everything)), {
      'Content-Disposition': `attachment; filename="user-${user_id}.json"`,
    })
  }
