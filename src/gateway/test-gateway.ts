/** A gateway in front of scripted actors, on a clock that a test moves. For tests only. */
import { type Access, OPEN } from '../access/access.ts'
import { createLog } from '../log.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { finishOn } from '../world/test-finish.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createApp } from './app.ts'
import { EXAMPLES } from './examples.ts'
import type { GatewayPorts } from './ports.ts'
import { createScriptedBus, type Said, type Script, yes } from './scripted-bus.ts'

/** What the examples show as the reply to an operation. */
const shown = (name: string, more: object = {}): Said => yes({ ...(EXAMPLES[name]?.reply as object), ...more })

/** Every actor says what the founding document says, or the examples. */
export const DOCUMENT: Script = {
  ...Object.fromEntries(
    Object.keys(EXAMPLES)
      .filter(name => name !== 'GetHistory' && name !== 'ListLetters')
      .map(name => [name, shown(name)]),
  ),
  PutProduct: shown('PutProduct', { made: false }),
  GetTimeline: shown('GetOrderTimeline'),
  ListOrders: shown('ListOrders', { next_cursor: null }),
  ListAllLetters: shown('ListAllLetters', { next_cursor: null }),
  ListLettersInFull: yes({ items: [EXAMPLES.GetLetter?.reply], next_cursor: null }),
  GetCommandsOf: yes({ items: [] }),
  CreateUser: yes({ user_id: 93493453 }),
  PutMoney: yes({ balance: 2000 }),
  GetHistory: yes({ items: [], next_cursor: null }),
  ListLetters: yes({ items: [], next_cursor: null }),
  CreateOrder: yes({ order_id: '54321', user_id: 93493453, product_id: '12345', quantity: 5, status: 'Pending' }),
  SendLetter: yes({ message_id: '67890' }),
  SubscribeQueue: yes({ queue_name: 'user_creation_queue' }),
  GetQueue: yes({ queue_name: 'user_creation_queue', stream: 'ORDER_0', consumer: 'user_creation_queue', pending: 0 }),
  FindReply: yes({ found: false, same: null }),
}

/** Nothing is waited for, nothing bounded, and it is no demo. */
export const TEST_CONFIG: GatewayPorts['config'] = {
  settleWaitMs: 0,
  requestDeadlineMs: 10_000,
  currency: 'RUB',
  rateLimit: 0,
  trustProxy: false,
  demo: false,
}

/** `send` runs one request to its end, letting the clock's time pass; `text` becomes the body as it is. */
export const createTestGateway = (
  script: Script = {},
  config: Partial<GatewayPorts['config']> = {},
  access: Access = OPEN,
) => {
  const clock = createVirtualClock({ start: Date.parse('2023-09-07T14:30:00Z') })
  const bus = createScriptedBus(clock, { ...DOCUMENT, ...script })
  const app = createApp({
    bus,
    clock,
    random: createSeededRandom(1),
    config: { ...TEST_CONFIG, ...config },
    log: createLog('silent', 'gateway'),
    access,
  })

  const finish = finishOn(clock, 5)
  const send = async (method: string, path: string, init: { text?: string; headers?: HeadersInit } = {}) => {
    const request = new Request(`http://localhost${path}`, {
      method,
      ...(init.headers ? { headers: init.headers } : {}),
      ...(init.text === undefined ? {} : { body: init.text }),
    })
    return await finish(Promise.resolve(app.fetch(request)))
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send('POST', path, { text: JSON.stringify(body), headers })
  const get = (path: string, headers: Record<string, string> = {}) => send('GET', path, { headers })

  return { app, bus, clock, finish, send, post, get }
}
