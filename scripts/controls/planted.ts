/** Bugs that are planted in a copy of the source: the checker from outside must see every one of them. */
import type { Kind } from '../torture/faults.ts'
import type { Deed } from '../torture/load.ts'
import type { Change } from './changed-copy.ts'

/** A bug, the faults in whose company it shows, and what its clients do more of. */
export type Planted = {
  changes: Change[]
  faults: readonly Kind[]
  byMail?: boolean
  /** It shows only where a power cut really takes what was not synced. */
  needsDisks?: boolean
  deeds?: Partial<Record<Deed, number>>
  /** What the faults are drawn from, where it matters which one of a kind comes. */
  seed?: number
}

const KERNEL = 'src/actors/kernel'

export const PLANTED: Record<string, Planted> = {
  'stores are not synced': {
    changes: [{ file: `${KERNEL}/store.ts`, from: "['synchronous', 'FULL', 2]", to: "['synchronous', 'OFF', 0]" }],
    faults: ['power cut of the machine'],
    needsDisks: true,
  },
  'replies leave before the commit': {
    changes: [
      {
        file: `${KERNEL}/turn.ts`,
        from: 'afterCommit = core.transaction(() => items.map(step))',
        to: `afterCommit = core.transaction(() => {
        for (const run of items.map(step)) run()
        return []
      })`,
      },
    ],
    faults: ['full disk of the stores'],
  },
  'queued commands are acknowledged when they come': {
    changes: [
      {
        file: `${KERNEL}/running-actor.ts`,
        from: 'command => void push(queuedItemOf(command))',
        to: `command => {
      command.ack()
      push(queuedItemOf(command))
    }`,
      },
    ],
    faults: ['failing fsync', 'failing fsync', 'failing fsync', 'failing fsync'],
    // By this seed all four are of the order actor.
    seed: 36,
    deeds: { 'three through the queue': 200 },
  },
  'the inbox is ignored': {
    changes: [
      {
        file: `${KERNEL}/kernel-tables.ts`,
        from: "'SELECT seq FROM inbox WHERE id = ?'",
        to: "'SELECT seq FROM inbox WHERE id = ? AND 0'",
      },
    ],
    faults: [],
  },
  'the cursor is not stored with the entry that moves it': {
    changes: [
      {
        file: `${KERNEL}/core.ts`,
        from: 'chain: cause.chain })\n      unsaved.add(cause.source)\n',
        to: 'chain: cause.chain })\n',
      },
    ],
    faults: ['kill -9 of billing', 'kill -9 of notification'],
  },
  'an event is passed over now and then': {
    changes: [
      {
        file: `${KERNEL}/event-step.ts`,
        from: 'const { decision, traceparent } = reactTo(core, source, entry.body)',
        to: `if (entry.seq % 50 === 0) {
        core.moveCursor(source, causeOf(source, entry))
        return nothingMore
      }
      const { decision, traceparent } = reactTo(core, source, entry.body)`,
      },
    ],
    faults: [],
  },
  'the chain forgets what came before': {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source that reads so
    changes: [{ file: 'src/bus/entry.ts', from: '.update(`${previous}\\n', to: '.update(`\\n' }],
    faults: [],
  },
  'an old store takes nothing from its stream': {
    changes: [
      {
        file: `${KERNEL}/start.ts`,
        from: "if (verdict.kind === 'ahead') {",
        to: "if (verdict.kind === 'ahead') return\n      else if (verdict.kind === 'ahead') {",
      },
    ],
    faults: ['an old store put back'],
  },
  'a store can be opened twice': {
    changes: [{ file: `${KERNEL}/store.ts`, from: "  ['locking_mode', 'EXCLUSIVE', 'exclusive'],\n", to: '' }],
    faults: ['a second copy of an actor', 'a second copy of an actor', 'a second copy of an actor'],
  },
  'a part that died is not started again': {
    changes: [
      {
        file: 'src/processes/supervisor.ts',
        from: "      report({ what: 'died', part: name, reason: exit.reason, restartInMs })\n",
        to: "      report({ what: 'died', part: name, reason: exit.reason, restartInMs })\n      if (deaths > 0) return\n",
      },
    ],
    faults: ['kill -9 of billing'],
  },
  'one posting of two is left out': {
    changes: [
      {
        file: 'src/actors/billing/tables.ts',
        from: '    post({ operation_id, account: against, amount_minor: -sign * amount_minor })\n',
        to: '',
      },
    ],
    faults: [],
  },
  'an order is charged whatever the balance': {
    changes: [
      { file: 'src/actors/billing/rules.ts', from: 'if (balanceMinor < amountMinor)', to: 'if (amountMinor < 0)' },
    ],
    faults: [],
    deeds: { order: 300 },
  },
  'a refund gives back too much': {
    changes: [
      {
        file: 'src/actors/billing/rules.ts',
        from: 'amount: amountOut(backMinor),',
        to: 'amount: amountOut(backMinor + 1),',
      },
      {
        file: 'src/actors/billing/rules.ts',
        from: 'balance: balanceOut(account.balanceMinor + backMinor),',
        to: 'balance: balanceOut(account.balanceMinor + backMinor + 1),',
      },
    ],
    faults: [],
    deeds: { refund: 20 },
  },
  'an order that ended may end again': {
    changes: [
      {
        file: 'src/actors/order/rules.ts',
        from: "if (order?.status !== 'Pending') return nothing()\n  const { order_id, user_id, locale } = order",
        to: 'if (!order) return nothing()\n  const { order_id, user_id, locale } = order',
      },
    ],
    faults: [],
    deeds: { cancel: 60 },
  },
  'nobody is told that an order was rejected': {
    changes: [
      {
        file: 'src/actors/notification/actor.ts',
        from: "OrderRejected: (event, { now }) => orderLetter('order_rejected', event, now),",
        to: 'OrderRejected: () => nothing(),',
      },
    ],
    faults: [],
    deeds: { order: 300 },
  },
  'a letter that was not taken counts as sent': {
    changes: [
      {
        file: 'src/actors/notification/rules.ts',
        from: "case 'later': {\n",
        to: "case 'later': {\n      return ended('LetterSent')\n",
      },
    ],
    faults: ['mail server refusing'],
    byMail: true,
  },
  'the same request gets another answer the second time': {
    changes: [
      {
        file: `${KERNEL}/command-step.ts`,
        from: "item.answer({ kind: 'reply', reply: said.ok, replayed: true })",
        to: "item.answer({ kind: 'reply', reply: item.name === 'PutMoney' ? { balance: 1 } : said.ok, replayed: true })",
      },
    ],
    faults: [],
    deeds: { pay: 60, again: 30 },
  },
  'a key may be used for another body': {
    changes: [
      {
        file: `${KERNEL}/command-step.ts`,
        from: 'if (core.isOfFingerprint(seq, item.fingerprint) === false || reply === undefined)',
        to: 'if (reply === undefined)',
      },
    ],
    faults: [],
    deeds: { 'another body': 10 },
  },
}
