/** What is personal, sealed: ciphertext in the log, keys beside it; to erase a person is to delete a key. */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Random } from '../../world/random.ts'
import type { Store } from './store.ts'

/** Whose key seals what is nobody's. No id of a user looks like it, so that nobody's erasure touches it. */
export const NOBODY = '/'

/** What begins the name of a key that a single queued command has, because it could be told of nobody. */
export const OWN_KEY = 'letter/'

/** Personal fields of an event, by name. */
export type Personal = Record<string, string>

export type Vault = {
  /** Ciphertext of `personal` under the key of `person`; makes the key where there is none. */
  seal: (person: string, personal: Personal) => string
  /**
   * What was sealed, or `undefined` when the person was erased, or when the key is not the one that sealed it: a keys
   * file was put back, or the entry is of a second process with keys of its own. A letter that can't be read must not
   * stop an actor.
   */
  open: (person: string, sealed: string) => Personal | undefined
  /**
   * A hash of `text` under a key of this actor's own, `k:` and 22 characters: who has the log alone can't find out by
   * guessing what somebody wrote. The first of the 22 name the key.
   */
  keyed: (text: string) => string
  /**
   * A new name for a key that only the command `id` has, this time: the same id may come again with another text, and
   * what becomes of one must not become of the other.
   */
  ownKey: (id: string) => string
  /** Whether `hash`, which `keyed` made, is that of `text`; `undefined` when its key is not the one that is here. */
  isKeyed: (hash: string, text: string) => boolean | undefined
  /** Whether `hash`, which `keyed` made, is of the key that is here: else nobody can tell what it was made of. */
  isOfKeyHere: (hash: string) => boolean
  /** Puts new keys on the disk. Must be called before the commit of what they sealed. */
  flush: () => void
  /** Deletes the key of `person`, so that no byte of it is left in the files. */
  erase: (person: string) => void
}

/** Whose key hashes what is not to be guessed. No id of a user looks like it. */
const HASHES = '/hashes'

// A log of version 0.1.0 has hashes without a key: base64url, in which there is no colon.
const KEYED = 'k:'
const KEY_NAME = KEYED.length + 4
const HASH_CHARACTERS = KEYED.length + 22

/** Whether `hash` is one that `keyed` made, now or ever. */
export const isUnderKey = (hash: string): boolean => hash.startsWith(KEYED)

const OWN_KEY_BYTES = 9

const NONCE_BYTES = 12
const TAG_BYTES = 16
// Keys of those who order most often are kept at hand; the rest is a read of one row.
const CACHED_KEYS = 10_000

/** The vault whose keys are in `store`, a file of its own so that a log can be copied without them. */
export const openVault = (store: Store, random: Random): Vault => {
  store.exec('CREATE TABLE IF NOT EXISTS keys (person TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID')
  const select = store.prepare<[string], Buffer>('SELECT key FROM keys WHERE person = ?').pluck()
  const insert = store.prepare<[string, Buffer]>('INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING')
  const remove = store.prepare<[string]>('DELETE FROM keys WHERE person = ?')
  // As key objects: node:crypto takes three times as long to seal a line under the bare bytes.
  const cache = new Map<string, KeyObject>()
  let fresh = new Map<string, KeyObject>()

  const keyOf = (person: string): KeyObject | undefined => {
    const known = fresh.get(person) ?? cache.get(person)
    if (known) return known
    const stored = select.get(person)
    return stored && remember(person, createSecretKey(stored))
  }
  const remember = (person: string, key: KeyObject): KeyObject => {
    if (cache.size >= CACHED_KEYS) cache.clear()
    cache.set(person, key)
    return key
  }
  const insertAll = store.transaction((keys: Iterable<[string, KeyObject]>) => {
    for (const [person, key] of keys) insert.run(person, key.export())
  })

  const keyFor = (person: string): KeyObject => {
    const known = keyOf(person)
    if (known) return known
    const key = createSecretKey(random.bytes(32))
    fresh.set(person, key)
    return key
  }

  // Every hash begins with the name of its key, which is a hash as well: made once for as long as the key is at hand.
  let named: { key: KeyObject; name: string } | undefined
  const nameOf = (key: KeyObject): string => {
    if (named?.key !== key) named = { key, name: `${KEYED}${hashUnder(key, 'name of the key')}`.slice(0, KEY_NAME) }
    return named.name
  }

  const keyed = (text: string): string => {
    const key = keyFor(HASHES)
    return `${nameOf(key)}${hashUnder(key, `of ${text}`)}`.slice(0, HASH_CHARACTERS)
  }

  const isOfKeyHere = (hash: string): boolean => hash.slice(0, KEY_NAME) === nameOf(keyFor(HASHES))

  return {
    keyed,
    isOfKeyHere,
    ownKey: id => `${OWN_KEY}${id}/${random.bytes(OWN_KEY_BYTES).toString('base64url')}`,
    isKeyed: (hash, text) => (isOfKeyHere(hash) ? hash === keyed(text) : undefined),
    seal: (person, personal) => {
      const key = keyFor(person)
      const nonce = random.bytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(person))
      const text = cipher.update(JSON.stringify(personal), 'utf8')
      // GCM has no blocks to fill: all of the text is in what `update` gave.
      cipher.final()
      return Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64')
    },
    open: (person, sealed) => {
      if (sealed === '') return undefined
      const key = keyOf(person)
      if (!key) return undefined
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(person))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      try {
        decipher.final()
      } catch {
        // The tag does not fit: another key, or a changed text. Nothing of it may be believed.
        return undefined
      }
      return JSON.parse(text.toString('utf8')) as Personal
    },
    flush: () => {
      if (fresh.size === 0) return
      insertAll(fresh)
      for (const [person, key] of fresh) remember(person, key)
      fresh = new Map()
    },
    erase: person => {
      // The write-ahead log still has the page with the key on it.
      if (remove.run(person).changes > 0) store.pragma('wal_checkpoint(TRUNCATE)')
      cache.delete(person)
      fresh.delete(person)
    },
  }
}

const hashUnder = (key: KeyObject, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
