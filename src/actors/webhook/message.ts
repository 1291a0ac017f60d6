/** What a receiver gets: the event as its stream shows it, in the shape of Standard Webhooks. */

/** The id of a delivery for ever, which is its `webhook-id` too: `wh_…-order-0-17`. */
export const deliveryIdOf = (webhookId: string, source: string, seq: number): string =>
  `${webhookId}-${source.replace('/', '-')}-${seq}`

/** The reverse of `deliveryIdOf`, or `undefined` for what is none. */
export const readDeliveryId = (id: string): { webhook: string; source: string; seq: number } | undefined => {
  const [, webhook, actor, cell, seq] = /^(wh_[0-9a-f]+)-([a-z]+)-(\d+)-([1-9]\d{0,14})$/.exec(id) ?? []
  if (!webhook || !seq) return undefined
  return { webhook, source: `${actor}/${cell}`, seq: Number(seq) }
}

/**
 * The body of a message: `type`, `timestamp` and `data`, then the other attributes of the CloudEvent. The ciphertext of
 * what is personal stays here: it belongs to a key that never leaves, and would outlive the erasure of a person.
 */
export const bodyOf = (event: Uint8Array): string => {
  const {
    type,
    time,
    data,
    datacontenttype: _json,
    ...rest
  } = JSON.parse(Buffer.from(event).toString('utf8')) as {
    type: string
    time: string
    data: Record<string, unknown>
    datacontenttype: string
  }
  const { sealed: _sealed, ...shown } = data
  return JSON.stringify({ type, timestamp: time, data: shown, time, ...rest })
}
