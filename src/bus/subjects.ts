/** Where everything travels: the names of subjects and streams. */

/** One actor of one cell, as it is named everywhere: `order` in cell 0 is `order/0` in events and cursors. */
export type Address = { actor: string; cell: number }

/** The work-queue stream for commands that nobody waits for. */
export const COMMANDS = 'COMMANDS'

/** `order/0`: an address in event ids, cursors and causes. */
export const sourceOf = ({ actor, cell }: Address): string => `${actor}/${cell}`

/** The reverse of `sourceOf`. */
export const addressOf = (source: string): Address => {
  const [actor, cell] = source.split('/')
  if (!actor || !cell) throw new Error(`Cannot read the address "${source}": it should look like order/0`)
  return { actor, cell: Number(cell) }
}

/** `ORDER_0`: the stream that carries an actor's log. */
export const streamOf = ({ actor, cell }: Address): string => `${actor.toUpperCase()}_${cell}`

/** `order.0.command.CreateOrder` */
export const commandSubject = ({ actor, cell }: Address, name: string): string => `${actor}.${cell}.command.${name}`

/** `order.0.query.GetOrder` */
export const querySubject = ({ actor, cell }: Address, name: string): string => `${actor}.${cell}.query.${name}`

/** `order.0.queue.CreateUser`: a command that waits in `COMMANDS`. */
export const queueSubject = ({ actor, cell }: Address, name: string): string => `${actor}.${cell}.queue.${name}`

/** `order.0.event.OrderCreated.93493453`; `_` stands where there is no user. */
export const eventSubject = ({ actor, cell }: Address, type: string, user: string | undefined): string =>
  `${actor}.${cell}.event.${type}.${user ?? '_'}`

/**
 * `supervisor.0.demo.KillActor`: something is broken on purpose. Only where `KASSA_DEMO=1` is set does anybody answer, and
 * may anybody ask.
 */
export const demoSubject = ({ actor, cell }: Address, name: string): string => `${actor}.${cell}.demo.${name}`

/** Who starts and ends the processes, as it is asked in a demo. */
export const SUPERVISOR: Address = { actor: 'supervisor', cell: 0 }

/** Whose letters are slowed in a demo. */
export const MAIL_SENDER = { actor: 'notification', cell: 0 } as const satisfies Address

/** The last token that says what is wanted: `CreateOrder` of `order.0.command.CreateOrder`. */
export const nameOf = (subject: string): string => subject.split('.')[3] ?? ''
