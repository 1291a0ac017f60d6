/** The keeper: asks JetStream for streams and consumers on behalf of those who may not ask for them themselves. */
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import type { BrokerAccess } from './broker-access.ts'
import type { BusLog } from './bus-log.ts'
import { refusalOf } from './keeper-rules.ts'
import { askedOf, KEEPER } from './kept-api.ts'
import { askApi, isRefused, Refused, refusals } from './nats-api.ts'
import { type NatsLink, openLink } from './nats-link.ts'
import { inboxesOf } from './permissions.ts'
import type { Address } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

const NOT_NOW = 503
const FORBIDDEN = 403
const NO_NUMBER = 0

export type KeeperOptions = {
  url: string
  access: BrokerAccess
  /** All actors of the installation. */
  addresses: readonly Address[]
  /** How long the first connection may take. */
  connectTimeoutMs: number
  log: BusLog
}

/**
 * Connects, and answers what is asked of `keeper.>` until it is closed. An answer is that of JetStream, or a refusal in
 * the same form. Throws `Unavailable` when there is no connection within `connectTimeoutMs`.
 */
export async function openKeeper({ addresses, ...options }: KeeperOptions): Promise<{ close: () => Promise<void> }> {
  const link = await openLink({ ...options, name: KEEPER, clock: systemClock, random: systemRandom })
  const hear = async (message: Msg): Promise<void> => {
    const { user, what } = askedOf(message.subject)
    // Else whoever may ask could have the answer put wherever the keeper may publish.
    if (!message.reply?.startsWith(inboxesOf(user).slice(0, -1))) return
    const answer = await answerOf(link, addresses, user, what, message)
    link.publish(message.reply, Buffer.from(JSON.stringify(answer)))
  }
  link.subscribe(`${KEEPER}.>`, message => {
    hear(message).catch(thrown => options.log.warn({ err: thrown, subject: message.subject }, 'the keeper has failed'))
  })
  return { close: () => link.close() }
}

const answerOf = async (
  link: NatsLink,
  addresses: readonly Address[],
  user: string,
  what: string,
  message: Msg,
): Promise<object> => {
  const { log } = link
  try {
    const body = message.data.length === 0 ? undefined : message.json<object>()
    const refusal = await refusalOf({ user, what, body }, { addresses, there: stream => streamThere(link, stream) })
    if (refusal === undefined) return await askApi<object>(link, what, body)
    log.warn({ user, what, refusal }, 'the keeper refused something')
    return refusalAs(FORBIDDEN, NO_NUMBER, `the keeper refuses it: ${refusal}`)
  } catch (thrown) {
    if (thrown instanceof Refused) return refusalAs(FORBIDDEN, thrown.errorCode, thrown.message)
    if (thrown instanceof Unavailable) return refusalAs(NOT_NOW, NO_NUMBER, thrown.message)
    // Nobody of ours asks like that.
    log.warn({ user, what, err: thrown }, 'the keeper was asked something that is no question')
    return refusalAs(FORBIDDEN, NO_NUMBER, 'the keeper refuses it: it is no question')
  }
}

/** A no as JetStream says it. */
const refusalAs = (code: number, err_code: number, description: string) => ({ error: { code, err_code, description } })

const streamThere = async (link: NatsLink, stream: string): Promise<StreamConfig | undefined> => {
  try {
    return (await askApi<StreamInfo>(link, `STREAM.INFO.${stream}`)).config
  } catch (thrown) {
    if (isRefused(thrown, refusals.streamNotFound)) return undefined
    throw thrown
  }
}
