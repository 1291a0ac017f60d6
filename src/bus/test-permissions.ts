/** Trying out what a connection may: the broker says at once what it refuses. */
import { setImmediate as turn } from 'node:timers/promises'
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { readNkey } from './broker-keys.ts'
import { nkeyAuthenticator } from './nkey.ts'

export type Trial = {
  connection: NatsConnection
  /** Whether it may publish to `subject`; what is published is empty. */
  mayPublish: (subject: string, body?: string) => Promise<boolean>
  maySubscribe: (subject: string) => Promise<boolean>
}

/** Connects with the key in `keyFile`, its inboxes being those of `user`. */
export const tryAs = async (url: string, user: string, keyFile: string): Promise<Trial> => {
  const connection = await connect({
    servers: url,
    authenticator: nkeyAuthenticator(readNkey(keyFile)),
    inboxPrefix: `_INBOX_${user}`,
    reconnect: false,
  })
  const refused: { operation: string; subject: string }[] = []
  const watch = async () => {
    for await (const status of connection.status())
      if (status.type === 'error' && status.error instanceof PermissionViolationError) refused.push(status.error)
  }
  void watch()

  /** A refusal comes before the answer to a ping; whoever reads the status hears of it a turn later. */
  const isRefused = async (operation: 'publish' | 'subscription', subject: string): Promise<boolean> => {
    await connection.flush()
    await turn()
    return refused.some(one => one.operation === operation && one.subject === subject)
  }
  return {
    connection,
    mayPublish: async (subject, body = '') => {
      connection.publish(subject, body)
      return !(await isRefused('publish', subject))
    },
    maySubscribe: async subject => {
      // The refusal ends it, and its callback is told.
      const subscription = connection.subscribe(subject, { callback: () => {} })
      const may = !(await isRefused('subscription', subject))
      if (may) subscription.unsubscribe()
      return may
    },
  }
}
