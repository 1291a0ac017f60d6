/** A key for the HTTP API: how one is made, what is kept of it, and how it is known again. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** `operator`: everything. `client`: the document's operations and what can be read under /v1. */
export const ROLES = ['operator', 'client'] as const

export type Role = (typeof ROLES)[number]

/** Names stand in the log as who asked, before a slash. */
export const keyName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/)
export const boundUser = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

/** Who has the key of KASSA_OPERATOR_KEY_FILE. Nobody else's name: replies are remembered by it. */
export const OPERATOR_NAME = 'operator'

const moment = z.iso.datetime()

/**
 * What is kept of a key: a hash, from which it can't be had back. `name` is who asks in the log, and the scope of
 * idempotency keys: a new key of the same name goes on where the old one ended. `user`: it is for this user's things alone.
 */
export const keptKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: keyName,
  role: z.enum(ROLES),
  user: boundUser.optional(),
  hash: z.string().length(43),
  created: moment,
  expires: moment.optional(),
  revoked: moment.optional(),
})

export type KeptKey = z.infer<typeof keptKey>

/** Who asks. `user`: may see and touch this user's things alone. */
export type Caller = { name: string; role: Role; user?: string | undefined }

const ID_BYTES = 4
const SECRET_BYTES = 32

/** `kassa_` + 8 hexadecimal digits, which name the key, + `_` + 43 characters that nobody can guess (256 bits). */
const TEXT = /^kassa_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/

/** A new key and its id. The text is to be shown once. */
export const makeKey = (): { id: string; text: string } => {
  const id = randomBytes(ID_BYTES).toString('hex')
  return { id, text: `kassa_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` }
}

/** The id in a key, or `undefined` where the text is none. */
export const idIn = (text: string): string | undefined => TEXT.exec(text)?.[1]

/** What is kept instead of a key. A key is random, so that a plain hash can't be turned round by guessing. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Whether `text` is the key that was kept as `hash`; takes as long for a nearly right one as for a wrong one. */
export const isKey = (text: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(hash.padEnd(43).slice(0, 43)))

/** Whether a kept key still counts at `nowMs`. */
export const isActive = ({ revoked, expires }: Pick<KeptKey, 'revoked' | 'expires'>, nowMs: number): boolean =>
  revoked === undefined && (expires === undefined || Date.parse(expires) > nowMs)
