/** What the load asks for, byte for byte. */

/** A kind of request that is measured; `restate`: orders, as Restate takes them. */
export type RequestKind = 'livez' | 'orders' | 'history' | 'balance' | 'restate'

/** The product of the founding document; 100.00 a piece in the catalogue of the clone. */
const PRODUCT = '12345'

/** The bytes of a POST with a JSON body, and with an `Idempotency-Key` where one is given. */
export const post = (path: string, body: unknown, key?: string): Buffer => {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  const keyLine = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${keyLine}Content-Length: ${length}\r\n\r\n${text}`,
  )
}

/** An order of one piece; asked again with the same key it is the same order. */
export const postOrder = (userId: number, key?: string): Buffer =>
  post('/orders/create/', { user_id: userId, product_id: PRODUCT, quantity: 1 }, key)

/** The bytes of a GET. */
export const get = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)

const REQUESTS: Record<RequestKind, (userId: number, key?: string) => Buffer> = {
  livez: () => get('/livez'),
  orders: postOrder,
  restate: (userId, key) => post(`/customer/${userId}/order`, { product_id: PRODUCT, quantity: 1 }, key),
  history: userId => get(`/money/history?user_id=${userId}&limit=20`),
  balance: userId => get(`/v1/money/balance?user_id=${userId}`),
}

/** One request for each user, so that the load is spread over all of them. */
export const requestsOf = (kind: RequestKind, userIds: readonly number[]): Buffer[] =>
  userIds.map(userId => REQUESTS[kind](userId))

/** The request of number `index`: the users in turn, each time under a key of its own where `keys` begins one. */
export const requestAt = (kind: RequestKind, userIds: readonly number[], keys?: string) => {
  if (keys !== undefined)
    return (index: number): Buffer => REQUESTS[kind](userIds[index % userIds.length]!, `${keys}-${index}`)
  const requests = requestsOf(kind, userIds)
  return (index: number): Buffer => requests[index % requests.length]!
}
