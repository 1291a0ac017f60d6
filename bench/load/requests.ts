/** What the load asks for, byte for byte. */

/** A kind of request that is measured. */
export type RequestKind = 'livez' | 'orders' | 'history' | 'balance'

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

const REQUESTS: Record<RequestKind, (userId: number) => Buffer> = {
  livez: () => get('/livez'),
  orders: userId => postOrder(userId),
  history: userId => get(`/money/history?user_id=${userId}&limit=20`),
  balance: userId => get(`/v1/money/balance?user_id=${userId}`),
}

/** One request for each user, so that the load is spread over all of them. */
export const requestsOf = (kind: RequestKind, userIds: readonly number[]): Buffer[] => userIds.map(REQUESTS[kind])
