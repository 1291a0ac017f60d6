/** What a user of the broker may do: the subjects that each way of using the bus needs, and no other. */
import { apiSubject, KEEPER } from './kept-api.ts'
import { logSubjects, queueConsumer, queueSubjects } from './streams.ts'
import { type Address, COMMANDS, commandSubject, querySubject, streamOf } from './subjects.ts'

/** Subjects as nats-server's configuration takes them; `deny` goes before `allow`. */
export type Permissions = {
  publish: { allow: readonly string[] }
  subscribe: { allow: readonly string[]; deny?: readonly string[] }
  /** It may answer whoever asked it: one message to the reply subject of each that it got. */
  answers?: true
}

/** What one way of using the bus adds. */
export type Grant = { publish?: readonly string[]; subscribe?: readonly string[] }

/** A user of the broker: its name here, its public nkey, what it may. */
export type BrokerUser = { name: string; publicKey: string; permissions: Permissions }

/** `order-0`: the user as which an actor connects. */
export const userOf = ({ actor, cell }: Address): string => `${actor}-${cell}`

/** The user as which the gateway connects. */
export const GATEWAY = 'gateway'

/** The inboxes of a user. Replies come to them, so nobody else may listen there. */
export const inboxesOf = (user: string): string => `_INBOX_${user}.>`

/** Whose inbox the subject is; `undefined` where it is nobody's. */
export const ownerOfInbox = (subject: string): string | undefined => /^_INBOX_([^.]+)\./.exec(subject)?.[1]

/** For `user`, who asks the keeper for what the keeper alone may ask JetStream for. */
const api = (what: string, user: string): string => apiSubject(what, user)

/** Asking at all, and seeing what the broker can do. */
export const toAsk = (user: string): Grant => ({ publish: [api('INFO', user)], subscribe: [inboxesOf(user)] })

/** Answering commands and queries, and to the names of micro services. */
export const toAnswer = (address: Address): Grant => ({
  subscribe: [commandSubject(address, '*'), querySubject(address, '*'), '$SRV.>'],
})

/** Publishing a log: entries are checked against the stream, which is made again where it is lost, described, and cut. */
export const toPublishLog = (address: Address): Grant => {
  const [stream, user] = [streamOf(address), userOf(address)]
  const asked = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'INFO', 'MSG.GET'].map(what => `STREAM.${what}`)
  return { publish: [logSubjects(address), ...[...asked, 'CONSUMER.LIST'].map(what => api(`${what}.${stream}`, user))] }
}

/** Giving others a durable consumer on the own log. */
export const toOfferConsumers = (address: Address): Grant => {
  const [stream, user] = [streamOf(address), userOf(address)]
  return { publish: ['CONSUMER.DURABLE.CREATE', 'CONSUMER.INFO'].map(what => api(`${what}.${stream}.*`, user)) }
}

/** Reading a log as it grows, as `user`. */
export const toFollow = (address: Address, user: string): Grant => {
  const stream = streamOf(address)
  const asked = [
    `STREAM.INFO.${stream}`,
    `STREAM.MSG.GET.${stream}`,
    `CONSUMER.CREATE.${stream}.*`,
    `CONSUMER.DELETE.${stream}.*`,
  ]
  return { publish: [...asked.map(what => api(what, user)), `$JS.FC.${stream}.>`] }
}

/**
 * For a `user` that answers and reads a log as the consumer of its name. Nothing is acknowledged there: but each message
 * has a subject for it, and the broker remembers of each reply subject to which the user may not publish anyhow, in
 * memory and for as long as an answer may take, that it now may. Of 100,000 orders that was more than 700,000 times.
 */
export const toReadQuietly = (address: Address, user: string): Grant => {
  const consumer = `${streamOf(address)}.${user}`
  return { publish: acknowledging(consumer) }
}

// A broker with domains puts two tokens more before these five, and one of chance behind them. Not `>`: then the subjects
// of any other consumer (`$JS.ACK.COMMANDS.order-0.…`) could be written so that they fit, and its messages be had.
const acknowledging = (consumer: string): string[] => [
  `$JS.ACK.${consumer}.*.*.*.*.*`,
  `$JS.ACK.*.*.${consumer}.*.*.*.*.*`,
  `$JS.ACK.*.*.${consumer}.*.*.*.*.*.*`,
]

/** Making the queue where it is lost, and seeing what waits. */
const toKeepQueue = (user: string): string[] =>
  ['CREATE', 'UPDATE', 'INFO', 'MSG.GET'].map(what => api(`STREAM.${what}.${COMMANDS}`, user))

/** Taking commands from the queue, by the consumer of this actor. */
export const toWorkOff = (address: Address): Grant => {
  const user = userOf(address)
  const consumer = `${COMMANDS}.${queueConsumer(address)}`
  const asked = ['DURABLE.CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].map(what => api(`CONSUMER.${what}.${consumer}`, user))
  return { publish: [...toKeepQueue(user), ...asked, ...acknowledging(consumer)] }
}

/** Putting commands into the queue, as `user`. */
export const toQueue = (addresses: readonly Address[], user: string): Grant => ({
  publish: [...toKeepQueue(user), ...addresses.map(queueSubjects)],
})

/** Making streams and consumers for those who may not; it looks at what they want. */
export const toKeep = (addresses: readonly Address[]): Grant => {
  const ofStream = (stream: string) => [
    ...['CREATE', 'UPDATE', 'INFO'].map(what => `$JS.API.STREAM.${what}.${stream}`),
    ...['CREATE', 'DURABLE.CREATE', 'DELETE'].map(what => `$JS.API.CONSUMER.${what}.${stream}.*`),
  ]
  return { publish: [...addresses.map(streamOf), COMMANDS].flatMap(ofStream), subscribe: [`${KEEPER}.>`] }
}

/** All that the grants add up to. */
export const granted = (grants: readonly Grant[], more: { answers?: true } = {}): Permissions => {
  const all = (pick: (grant: Grant) => readonly string[] | undefined) => [
    ...new Set(grants.flatMap(grant => pick(grant) ?? [])),
  ]
  return { publish: { allow: all(g => g.publish) }, subscribe: { allow: all(g => g.subscribe) }, ...more }
}

/** How long an actor may take for an answer: a copy of a large store takes minutes. */
const ANSWER_WITHIN = '10m'

/** The users as the `authorization` of nats-server's configuration; no user, no way in. */
export const authorizationOf = (users: readonly BrokerUser[]): object => ({
  users: users.map(({ publicKey, permissions: { publish, subscribe, answers } }) => ({
    nkey: publicKey,
    permissions: {
      publish,
      subscribe,
      ...(answers ? { allow_responses: { max: 1, expires: ANSWER_WITHIN } } : {}),
    },
  })),
})
