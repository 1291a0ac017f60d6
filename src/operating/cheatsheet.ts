/** The command `cheatsheet`: lines to copy, for curl and the NATS CLI, with what there is in this installation. */
import { OPERATOR } from '../actors/broker-users.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { keyFileOf } from '../bus/broker-keys.ts'
import { natsCommand } from '../bus/nats-command.ts'
import { COMMANDS, streamOf } from '../bus/subjects.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type RunningGateway, runningGateway } from './running-gateway.ts'

/** What the lines are about. An id that is not there yet is an example, and the sheet says so. */
export type Things = {
  url: string
  natsUrl: string
  /** The operator's key, where the broker is ours. */
  natsKeyFile?: string | undefined
  user: string
  order: string
  letter: string | undefined
  /** The newest dead letter that waits. */
  deadLetter: string | undefined
  /** Whether there is an order: else the ids are examples. */
  real: boolean
}

const EXAMPLE = { user: '93493453', order: '54321' }

/** Prints the sheet of the Kassa that runs on the data. Throws a plain fault as `runningGateway` does. */
export const cheatsheet = async (config: Config, say: (line: string) => void): Promise<ExitCode> => {
  const gateway = runningGateway(config, config.operatorKeyFile)
  const natsKeyFile = config.natsUrl === undefined ? keyFileOf(config.dataDir, OPERATOR) : undefined
  say(sheetOf({ ...(await thingsIn(gateway)), natsKeyFile }))
  return exitCodes.ok
}

type Row = Record<string, string | number>

const thingsIn = async (gateway: RunningGateway): Promise<Things> => {
  const first = async (path: string): Promise<Row | undefined> => {
    const answer = await gateway.get<{ items: Row[] } | Row[]>(path)
    if (!answer.ok) return undefined
    return (Array.isArray(answer.value) ? answer.value : answer.value.items)[0]
  }
  const order = await first('/v1/orders?limit=1')
  const letter = order && (await first(`/notifications/messages?user_id=${order.user_id}`))
  const dead = await first('/v1/dead-letters?limit=1&status=waiting')
  return {
    url: gateway.url,
    natsUrl: gateway.natsUrl ?? '$NATS_URL',
    user: String(order?.user_id ?? EXAMPLE.user),
    order: String(order?.order_id ?? EXAMPLE.order),
    letter: letter && String(letter.message_id),
    deadLetter: dead && String(dead.dead_letter_id),
    real: order !== undefined,
  }
}

/** The sheet: a comment, then what to type. */
export const sheetOf = ({ url, natsUrl, natsKeyFile, user, order, letter, deadLetter, real }: Things): string => {
  const nats = natsCommand(natsUrl, natsKeyFile)
  const [actor, cell] = (deadLetter ?? '').split('-')
  return [
    `# Kassa at ${url}, its bus at ${natsUrl}`,
    ...(real ? [] : [`# There is no order yet: user ${user} and order ${order} are examples`]),
    '',
    '# over HTTP (with keys: -H "Authorization: Bearer …")',
    `curl -s ${url}/readyz`,
    `curl -s ${url}/v1/users/${user}`,
    `curl -s '${url}/v1/money/balance?user_id=${user}'`,
    `curl -s ${url}/v1/orders/${order}/timeline`,
    ...(letter === undefined ? [] : [`curl -s ${url}/v1/notifications/${letter}`]),
    `curl -s '${url}/v1/dead-letters?status=waiting'`,
    '',
    '# watch one customer, or all',
    `${nats} sub '*.*.event.*.${user}'`,
    `${nats} sub '*.*.event.>'`,
    '',
    '# ask',
    `${nats} req billing.0.query.GetBalance '{"user_id":"${user}"}'`,
    `${nats} req order.0.query.GetOrder '{"order_id":"${order}"}'`,
    `${nats} req order.0.query.Health '{}'`,
    '',
    '# order, once under its key however often it is sent',
    `${nats} req order.0.command.CreateOrder '{"user_id":"${user}","product_id":"12345","quantity":1}' -H 'Idempotency-Key:by-hand-1'`,
    '',
    '# put a command into the queue, once under its id',
    `${nats} pub --jetstream billing.0.queue.PutMoney '{"user_id":"${user}","amount":"10"}' -H 'Nats-Msg-Id:by-hand-2'`,
    '',
    '# the logs, what waits in the queue, and who lags',
    ...ADDRESSES.map(address => `${nats} stream view ${streamOf(address)}`),
    `${nats} stream report`,
    `${nats} consumer report ${COMMANDS}`,
    '',
    '# what could not be carried out',
    ...ADDRESSES.map(({ actor, cell }) => `${nats} req ${actor}.${cell}.query.ListDeadLetters '{"status":"waiting"}'`),
    ...(deadLetter === undefined
      ? []
      : [`${nats} req ${actor}.${cell}.command.RedriveDeadLetter '{"dead_letter_id":"${deadLetter}"}'`]),
    'npm start -- dead-letters list --status waiting',
  ].join('\n')
}
