/** The notification actor: its rules over its tables, and whom it listens to. */
import type { ActorDefinition } from '../kernel/actor.ts'
import { type Decision, nothing } from '../kernel/decision.ts'
import type { AppliedEvent } from '../kernel/event.ts'
import { readCursor, toPage } from '../kernel/paging.ts'
import type { Vault } from '../kernel/vault.ts'
import { momentOut, userIdOut } from '../values.ts'
import { notificationContract, type ShownLetter } from './contract.ts'
import { addRecipient, sendLetter, writeOrderLetter } from './rules.ts'
import { type LetterRow, NOTIFICATION_TABLES, openNotificationTables } from './tables.ts'
import type { OrderLetter } from './templates.ts'

export const notificationActor: ActorDefinition<typeof notificationContract> = {
  contract: notificationContract,
  tables: NOTIFICATION_TABLES,
  listensTo: ['order'],
  open: (store, vault, settings) => {
    const tables = openNotificationTables(store)
    const nextMessageId = () => tables.nextMessageId(settings.firstMessageId)

    const orderLetter = (letter: OrderLetter, event: AppliedEvent): Decision => {
      const { order_id, locale } = event.data
      return writeOrderLetter(
        { written: tables.isWritten(order_id, letter), nextMessageId: nextMessageId() },
        { letter, user_id: event.user as string, order_id, locale, occurredAt: event.at },
      )
    }

    return {
      decide: {
        SendLetter: body => sendLetter(tables.recipient(body.user_id), nextMessageId(), body),
      },

      apply: tables.apply,

      answer: {
        ListLetters: ({ user_id, cursor, from, to, type, limit }) => {
          if (!tables.recipient(user_id))
            return { refusal: { code: 'user_not_found', detail: `there is no user ${user_id}` } }
          const after = readCursor(cursor)
          if (after === undefined)
            return { refusal: { code: 'invalid_field', detail: '#/cursor: should be what next_cursor gave' } }
          return toPage(
            limit,
            most => {
              const filter = { user_id, after, from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER, type: type ?? null }
              return tables.letters({ ...filter, limit: most })
            },
            row => shown(vault, row),
            row => row.message_id,
          )
        },
      },

      react: {
        order: {
          UserCreated: event =>
            addRecipient(tables.recipient(event.user as string), event.user as string, event.data.locale),
          OrderCreated: event => (settings.letterPending ? orderLetter('order_pending', event) : nothing()),
          OrderConfirmed: event => orderLetter('order_confirmed', event),
          OrderRejected: event => orderLetter('order_rejected', event),
        },
      },

      wakes: () => [],
      atOpen: () => [],
      effects: [],
      audit: () => [],
    }
  },
}

/** An erased person's letters still count, but nobody can read them. */
const ERASED = ''

const shown = (vault: Vault, row: LetterRow): ShownLetter => ({
  message_id: String(row.message_id),
  user_id: userIdOut(row.user_id),
  status: row.status,
  message: vault.open(row.user_id, row.sealed)?.message ?? ERASED,
  timestamp: momentOut(row.at),
})
