/** The job as a virtual object of Restate: one customer, whose orders are carried out one after the other. */

/** What is used of the SDK, which is there only when it was fetched for a bench. */
export type Context = {
  rand: { uuidv4: () => string }
  get: <T>(name: string) => Promise<T | null>
  set: <T>(name: string, value: T) => void
}
export type ReadContext = Pick<Context, 'get'> & { stateKeys: () => Promise<string[]> }

type Order = { product_id: string; quantity: number }
type Status = 'Confirmed' | 'Rejected'

/** In hundredths, as the catalogue of the clone has it. */
const PRICES: Readonly<Record<string, number>> = { '12345': 10_000 }

/** What a customer had done; `letters` and `orders` are counts, `balance` is in hundredths. */
export type Account = { balance: number; orders: number; letters: number }

/** Its handlers. What is set is durable with the handler's end, all of it or nothing. */
export const customerHandlers = {
  put: async (ctx: Context, { amount }: { amount: number }): Promise<{ balance: number }> => {
    const balance = ((await ctx.get<number>('balance')) ?? 0) + amount
    ctx.set('balance', balance)
    return { balance }
  },

  order: async (ctx: Context, { product_id, quantity }: Order) => {
    const price = PRICES[product_id]
    if (price === undefined || !(quantity >= 1)) throw new Error(`Cannot order ${quantity} of ${product_id}`)

    const balance = (await ctx.get<number>('balance')) ?? 0
    const total = price * quantity
    const status: Status = balance >= total ? 'Confirmed' : 'Rejected'
    // Ids that increase over all customers would need one object that everybody waits for.
    const order_id = ctx.rand.uuidv4()
    const write = (type: string, message: string) => ctx.set(`letter/${order_id}/${type}`, { status: 'Sent', message })

    ctx.set(`order/${order_id}`, { product_id, quantity, total, status })
    write('pending', `Ваш заказ #${order_id} ожидает подтверждения.`)
    if (status === 'Confirmed') {
      ctx.set('balance', balance - total)
      write('outcome', `Ваш заказ #${order_id} подтвержден и отправлен.`)
    } else write('outcome', `Ваш заказ #${order_id} отклонен: недостаточно средств на счете.`)
    return { order_id, product_id, quantity, status }
  },

  /** Only reads. */
  account: async (ctx: ReadContext): Promise<Account> => {
    const names = await ctx.stateKeys()
    const count = (kind: string) => names.filter(name => name.startsWith(`${kind}/`)).length
    const balance = (await ctx.get<number>('balance')) ?? 0
    return { balance, orders: count('order'), letters: count('letter') }
  },
}
