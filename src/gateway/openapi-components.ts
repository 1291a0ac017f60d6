/** What many operations of the OpenAPI document share: headers, the problem document, the receipt. */
import type { z } from 'zod'
import { PROBLEMS } from '../bus/problem.ts'
import { COMMAND_KEY } from './command-key.ts'
import { type Route, takesKey, VERSION_FIELD } from './route.ts'
import { OUR_TAG } from './versions.ts'

const text = { type: 'string' }

const header = (description: string, schema: Record<string, unknown> = text) => ({ description, schema })

/** The `components` of the document. */
export const COMPONENTS = {
  headers: {
    'X-Request-Id': header("The request's id: the client's where it was sane, else ours."),
    traceparent: header('The trace of this request (W3C): the client’s, or one that begins here.'),
    'Server-Timing': header('Where its time went, in ms: here, in asking actors, in waiting for an order to settle.'),
    'Idempotent-Replayed': header('`true` when an earlier request with this key got this reply.', { const: 'true' }),
    'Idempotency-Key': header('Send the same request with this key again; it is carried out once.'),
    'Retry-After': header('Seconds to wait before the same request is sent again.', { type: 'integer' }),
    'RateLimit-Policy': header('How many requests one key may make in how many seconds (`q`, `w`).'),
    RateLimit: header('How many are left (`r`), and in how many seconds all are (`t`).'),
    Link: header('Where the next page is (`rel="next"`), when rows are left.'),
    ETag: header('The version of the object.'),
    Location: header('Where the thing made can be read.'),
    'Order-Status': header('What the order has become by now.', {
      enum: ['Pending', 'Confirmed', 'Rejected', 'Cancelled', 'Refunded'],
    }),
    'Kassa-Unanswered': header('The actors that did not answer, and whose rows are missing: `order/0, billing/0`.'),
    'Preference-Applied': header('`respond-async` when the reply did not wait for the settling.'),
  },
  securitySchemes: {
    key: {
      type: 'http',
      scheme: 'bearer',
      description: 'A key of `npm start -- keys create`; needed once there is one.',
    },
  },
  schemas: {
    Problem: {
      type: 'object',
      required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
      properties: {
        type: { type: 'string', format: 'uri-reference', description: 'A page that says what to do.' },
        title: text,
        status: { type: 'integer' },
        detail: text,
        instance: { type: 'string', description: "The request's id." },
        code: { type: 'string', enum: Object.keys(PROBLEMS) },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            required: ['pointer', 'detail'],
            properties: { pointer: { type: 'string', description: 'JSON pointer to the field.' }, detail: text },
          },
        },
      },
    },
    Receipt: {
      type: 'object',
      required: ['accepted', 'id'],
      properties: { accepted: { const: true }, id: { type: 'string', description: 'The key of the command.' } },
    },
  },
}

/** The request headers of an operation. */
export const headersOf = (route: Route) => [
  parameter('X-Request-Id', 'Echoed; 1 to 128 characters without spaces.'),
  parameter('traceparent', 'The W3C trace that this request is a step of; what is none is passed over.'),
  ...(takesKey(route)
    ? [
        parameter('Idempotency-Key', 'Bare or quoted, 1 to 255 characters: the request is carried out once.', {
          type: 'string',
          pattern: COMMAND_KEY,
        }),
      ]
    : []),
  ...(route.kind === 'command' && VERSION_FIELD in route.spec.body.shape
    ? [
        parameter('If-Match', 'Carry it out only on the version of this ETag; `*`: on any, but the thing must exist.', {
          type: 'string',
          anyOf: [{ pattern: OUR_TAG.source }, { const: '*' }],
        }),
      ]
    : []),
  ...(route.kind === 'command' && route.madeIf
    ? [
        parameter(
          'If-None-Match',
          '`*`: carry it out only where there is no such thing yet. Not together with If-Match.',
          {
            type: 'string',
            const: '*',
          },
        ),
      ]
    : []),
  ...(route.kind === 'query' && 'version' in ((route.spec.reply as Partial<z.ZodObject>).shape ?? {})
    ? [parameter('If-None-Match', 'ETags that the client has: where it has the present one the reply is 304.')]
    : []),
  ...(route.kind === 'events'
    ? [parameter('Last-Event-ID', 'The `id` of the last event that the client has: what came after it is told first.')]
    : []),
  ...(route.kind === 'command' && route.settles
    ? [parameter('Prefer', '`respond-async`: do not hold the reply until the settling.')]
    : []),
]

const parameter = (name: string, description: string, schema: Record<string, unknown> = text) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
})
