/** An nkey: who somebody is for the broker, and the proof of it. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { Authenticator } from '@nats-io/transport-node'

export type Nkey = {
  /** As nats-server's configuration names it: `UABC…`. */
  publicKey: string
  /** Base64 of the signature over `nonce`. */
  sign: (nonce: string) => string
}

// Ed25519 by node:crypto: with the client's own, plain JavaScript, a first key and signature take 70 ms of CPU, here 3.
const PKCS8_BEFORE_SEED = Buffer.from('302e020100300506032b657004220420', 'hex')
const RAW_KEY_BYTES = 32
const SEED_BYTES = 2 + RAW_KEY_BYTES
const SUM_BYTES = 2
/** Above the letter of whose key it is; both are the upper five bits of a byte. */
const SEED_PREFIX = 0x90
/** Operator, server, cluster, account and user: those that sign. */
const SIGNING_PREFIXES = [0x70, 0x68, 0x10, 0x00, 0xa0]
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The nkey of `seed`, which is text as bytes (`SUABC…`). Throws for what is none that can sign. */
export const nkeyOf = (seed: Uint8Array): Nkey => {
  const { prefix, raw } = decodeSeed(seed)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_BEFORE_SEED, raw]), format: 'der', type: 'pkcs8' })
  return {
    publicKey: encodePublic(prefix, key),
    sign: nonce => sign(null, Buffer.from(nonce), key).toString('base64'),
  }
}

/** Gets in by `nkey` at a broker that asks for one. */
export const nkeyAuthenticator =
  (nkey: Nkey): Authenticator =>
  nonce => ({ nkey: nkey.publicKey, sig: nonce ? nkey.sign(nonce) : '' })

const encodePublic = (prefix: number, key: KeyObject): string => {
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES)
  const bytes = Buffer.concat([Buffer.from([prefix]), raw])
  return toBase32(Buffer.concat([bytes, sumOf(bytes)]))
}

const decodeSeed = (seed: Uint8Array): { prefix: number; raw: Buffer } => {
  const all = fromBase32(Buffer.from(seed).toString('latin1'))
  const bytes = all.subarray(0, -SUM_BYTES)
  if (bytes.length !== SEED_BYTES || !sumOf(bytes).equals(all.subarray(-SUM_BYTES))) throw new Error('Not an nkey seed')

  const [first, second] = [bytes[0]!, bytes[1]!]
  const prefix = ((first & 0b111) << 5) | (second >> 3)
  if ((first & 0b11111000) !== SEED_PREFIX || !SIGNING_PREFIXES.includes(prefix)) throw new Error('Not an nkey seed')
  return { prefix, raw: bytes.subarray(2) }
}

/** CRC-16 (XMODEM), the low byte first. */
const sumOf = (bytes: Uint8Array): Buffer => {
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << 8
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1
    sum &= 0xffff
  }
  return Buffer.from([sum & 0xff, sum >> 8])
}

const toBase32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{1,5}/g, five => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]!)
}

const fromBase32 = (text: string): Buffer => {
  const bits = Array.from(text, letter => {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) throw new Error('Not base 32')
    return value.toString(2).padStart(5, '0')
  }).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
