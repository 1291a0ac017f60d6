/** What a consumer's message says about its delivery, in its reply subject. */
export type Delivery = { consumer: string; seq: number; delivered: number; timeMs: number }

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<count>.<seq>.<delivered>.<nanoseconds>.<pending>`, which a broker with domains
 * writes as `$JS.ACK.<domain>.<account>.<stream>.…`; `undefined` where it is no consumer's message.
 */
export function readDelivery(reply: string | undefined): Delivery | undefined {
  const tokens = reply?.split('.') ?? []
  if (tokens.length < 9 || tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined

  const at = tokens.length === 9 ? 2 : 4
  return {
    consumer: tokens[at + 1]!,
    seq: Number(tokens[at + 3]),
    delivered: Number(tokens[at + 4]),
    // The nanoseconds of today are beyond what a number holds exactly.
    timeMs: Number(tokens[at + 5]!.slice(0, -6)),
  }
}
