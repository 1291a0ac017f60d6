/** How the text of a variable becomes a value; anything else is a fault. */
import { resolve } from 'node:path'
import { z } from 'zod'

export const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.number().max(65_535))
export const count = (most: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.number().max(most))
export const startingId = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number)
  .pipe(z.number().max(Number.MAX_SAFE_INTEGER))
export const path = z.string().transform(text => resolve(text))
export const host = z.string().regex(/^([0-9a-fA-F:.]{2,45}|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)$/)
/** One server, or several with commas between them. */
export const natsUrl = z.string().regex(/^((nats|tls):\/\/)?[^\s/,]+(,((nats|tls):\/\/)?[^\s/,]+)*$/)
/** `smtp://` or `smtps://`, with a host; a user and a password may be in it, percent-encoded. Nothing else. */
export const smtpUrl = z
  .string()
  .regex(/^smtps?:\/\/([^\s/?#@:]+:[^\s/?#@:]+@)?[^\s/?#@]+\/?$/)
  .refine(text => URL.canParse(text) && canDecode(text))
const canDecode = (text: string): boolean => {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    // A % that begins no character.
    return false
  }
}

/** An address, bare or behind a name: one line, one recipient. */
export const mailFrom = z.string().regex(/^([^<>"@,;\r\n]{1,100} <[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/)
/** Where public keys are: whoever could change them on the way would let in anybody. */
export const jwks = z
  .string()
  .regex(/^(https:\/\/[^\s]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/][^\s]*|\/[^\s].*)$/)
export const onOff = z.enum(['on', 'off']).transform(text => text === 'on')
export const oneOrZero = z.enum(['1', '0']).transform(text => text === '1')
/** Kopecks, cents: 99.90 is 9990. Read from the text, since a float would round. The bound is the largest balance. */
export const moneyMinor = z
  .string()
  .regex(/^\d{1,13}(\.\d{1,2})?$/)
  .transform(text => {
    const [whole, decimals = ''] = text.split('.')
    return Number(whole) * 100 + Number(decimals.padEnd(2, '0'))
  })
  .pipe(z.number().min(1))
/** `name=value,name=value`, values percent-encoded (opentelemetry.io/docs/specs/otel/protocol/exporter). */
export const otlpHeaders = z
  .string()
  .regex(/^[\w-]+=[\x21-\x2b\x2d-\x7e]*(,[\w-]+=[\x21-\x2b\x2d-\x7e]*)*$/)
  .refine(text => canDecode(text))
  .transform(text =>
    Object.fromEntries(
      text.split(',').map(pair => {
        const at = pair.indexOf('=')
        return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))]
      }),
    ),
  )
