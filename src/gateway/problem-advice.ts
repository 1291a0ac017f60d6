/** What to do about each problem, for the page that its `type` names. */
import type { ProblemCode } from '../bus/problem.ts'

/** One sentence or two for the person who wrote the client. */
export const ADVICE: Record<ProblemCode, string> = {
  malformed_json:
    'Send a JSON object (RFC 8259) in UTF-8, each key once. The detail says at which position reading ended.',
  unknown_field: 'Leave the named field out, or correct its name. Fields are those of the operation in /openapi.json.',
  unknown_parameter: 'Leave the named query parameter out. Parameters are those of the operation in /openapi.json.',
  missing_field: 'Add the named field.',
  invalid_id: 'Send an id as a string or number of 1 to 64 of the characters A-Z a-z 0-9 _ -.',
  invalid_amount:
    'Send a positive amount with at most two decimals, like "1000", "99.90" or 1000.5; no sign, no exponent.',
  invalid_quantity: 'Send a whole JSON number from 1 to 1,000,000.',
  invalid_field: 'The detail says which field, header or part of the address it is, and what should stand there.',
  not_found: 'Check the path. Every operation is in /openapi.json.',
  user_not_found: 'Create the user first with POST /user/create/, or check the id.',
  product_not_found: 'Order a product of the catalogue, or have it added.',
  order_not_found: 'Check the order id: it is the order_id that POST /orders/create/ gave.',
  letter_not_found: 'Check the id against GET /notifications/messages.',
  mailbox_off: 'Start Kassa with KASSA_MAIL=mailbox, and without KASSA_SMTP_URL: its letters are then caught here.',
  mail_not_found:
    'Check the id against GET /v1/mailbox: only the last mails are kept, and none over a restart. What was written stays at GET /v1/notifications/{message_id}.',
  webhook_not_found: 'Check the id against GET /v1/webhooks.',
  delivery_not_found: 'Check the id against GET /v1/webhooks/{webhook_id}/deliveries; old ones are not kept for ever.',
  dead_letter_not_found: 'Check the id against GET /v1/dead-letters.',
  method_not_allowed: 'Use a method of the Allow header.',
  balance_limit: 'Put less: an account holds at most 9,999,999,999,999.99. Nothing was changed.',
  order_not_pending: 'Nothing can be cancelled any more. A Confirmed order can be refunded.',
  order_not_refundable: 'Only a Confirmed order is refunded, and only once.',
  letter_not_resendable: 'Wait until it is Sent, Failed or Suppressed; a Queued letter is on its way already.',
  version_mismatch: 'Read it again, decide anew, and send its version in If-Match.',
  queue_limit: 'Nothing was made: 100 queues there are at most. Use one that is there.',
  name_taken:
    'Choose another queue name; this one belongs to Kassa itself, or to a consumer that somebody made by hand.',
  webhook_limit: 'Delete one that is not needed any more; one webhook can take events of many types.',
  webhook_disabled: 'Enable it first: PATCH /v1/webhooks/{webhook_id} with {"status": "Enabled"}.',
  delivery_not_retryable: 'Nothing: it is tried again by itself. Delivered and Failed ones can be sent again.',
  dead_letter_settled: 'Nothing: it was redriven or discarded already, or it cannot be redriven.',
  demo_unavailable:
    'Nothing was broken; the detail says why. What is away already comes back by itself: ask again then.',
  body_too_large: 'Send at most 65,536 bytes.',
  unsupported_media_type: 'Send JSON as application/json, without a Content-Encoding.',
  idempotency_key_reused: 'Use a new key for a new request; a key repeats only together with the same body.',
  key_missing: 'Send the key that npm start -- keys create has shown, as Authorization: Bearer and the key.',
  key_invalid: 'Check the key for missing characters. It may be revoked, or past its end: npm start -- keys list.',
  forbidden:
    'Either this key does not reach that far (npm start -- keys list shows its role), or there is no key yet and the request came through a proxy: then Kassa serves this machine alone.',
  foreign_host: 'Call Kassa as localhost, 127.0.0.1 or [::1]. As long as there is no key it serves this machine alone.',
  foreign_origin:
    'Call Kassa from a page of this machine, or, once keys are needed, of the host that is asked. Pages of elsewhere stay out.',
  rate_limited:
    'Wait as long as Retry-After says. RateLimit tells what is left, and KASSA_RATE_LIMIT sets how much there is.',
  overloaded: 'Wait as long as Retry-After says, then send the same request with the same key again.',
  internal:
    'The request met a defect; the log of the gateway has it under the request id. It may be sent again with its key.',
  unavailable:
    'Wait as long as Retry-After says, then send the same request again with the key in the Idempotency-Key header of this response. It is carried out once.',
}
