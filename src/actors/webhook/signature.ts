/** Signing a message as Standard Webhooks says (github.com/standard-webhooks/standard-webhooks, v1: HMAC-SHA256). */
import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** Random bytes of a secret; the specification asks for 24 to 64. */
export const SECRET_BYTES = 32

/** A secret as its owner gets it: `whsec_` and base64. */
export const secretOf = (bytes: Uint8Array): string => `${PREFIX}${Buffer.from(bytes).toString('base64')}`

/** What is signed. `timestamp` is in seconds, of this attempt. */
export type Signed = { id: string; timestamp: number; body: string }

/** The value of `webhook-signature`: one signature a secret, each `v1,` and base64, apart by a space. */
export const signatureOf = (secrets: readonly string[], { id, timestamp, body }: Signed): string =>
  secrets
    .map(secret => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
    })
    .join(' ')
