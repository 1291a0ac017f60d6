/** Every way of saying no that a client can meet: its code, HTTP status and title. */

/**
 * The codes of `application/problem+json`, on HTTP and on the bus alike. This table is the only place where a code
 * meets a number; rules and kernel know codes alone.
 */
export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON that can be read' },
  unknown_field: { status: 400, title: 'The body has a field that does not belong there' },
  unknown_parameter: { status: 400, title: 'The query has a parameter that does not belong there' },
  missing_field: { status: 400, title: 'A field that is needed is missing' },
  invalid_id: { status: 400, title: 'An id is 1 to 64 of the characters A-Z a-z 0-9 _ -' },
  invalid_amount: { status: 400, title: 'An amount is a positive number with at most two decimals' },
  invalid_quantity: { status: 400, title: 'A quantity is a whole number from 1 to 1,000,000' },
  invalid_field: { status: 400, title: 'A field has a value that cannot be taken' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  user_not_found: { status: 404, title: 'There is no such user' },
  product_not_found: { status: 404, title: 'There is no such product' },
  order_not_found: { status: 404, title: 'There is no such order' },
  letter_not_found: { status: 404, title: 'There is no such letter' },
  mailbox_off: { status: 404, title: 'There is no mailbox here' },
  mail_not_found: { status: 404, title: 'There is no such mail in the mailbox' },
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  delivery_not_found: { status: 404, title: 'There is no such delivery' },
  dead_letter_not_found: { status: 404, title: 'There is no such dead letter' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  balance_limit: { status: 409, title: 'The balance would exceed what an account can hold' },
  order_not_pending: { status: 409, title: 'The order is not pending any more' },
  order_not_refundable: { status: 409, title: 'The order cannot be refunded' },
  letter_not_resendable: { status: 409, title: 'The letter cannot be sent again' },
  queue_limit: { status: 409, title: 'There are as many queues as may be' },
  webhook_limit: { status: 409, title: 'There are as many webhooks as there may be' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  delivery_not_retryable: { status: 409, title: 'The delivery is on its way already' },
  name_taken: { status: 409, title: 'The name is taken' },
  dead_letter_settled: { status: 409, title: 'The dead letter was redriven or discarded already' },
  demo_unavailable: { status: 409, title: 'This cannot be broken here at present' },
  version_mismatch: { status: 412, title: 'It has changed since the version that was named' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has a type that is not read here' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used for another request' },
  key_missing: { status: 401, title: 'A key is needed here' },
  key_invalid: { status: 401, title: 'The key is not one that counts' },
  forbidden: { status: 403, title: 'This request is not allowed here' },
  foreign_host: { status: 403, title: 'The Host header names another machine' },
  foreign_origin: { status: 403, title: 'A page of another origin may not call this' },
  rate_limited: { status: 429, title: 'This asks too often' },
  overloaded: { status: 429, title: 'Too much is waiting already' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A part of the system does not answer at present' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof PROBLEMS

/** Where a field is at fault: a JSON pointer into the body (`#/amount`), or the parameter's name. */
export type FieldFault = { pointer: string; detail: string }

/** A no, as it travels: in the log under a key, and from actor to gateway. */
export type Refusal = { code: ProblemCode; detail: string; errors?: FieldFault[] }

/** An RFC 9457 problem document; `type` is a page the gateway serves, `instance` the request's id. */
export type ProblemDocument = {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: ProblemCode
  errors?: FieldFault[]
}

/** The document for a refusal. */
export const problemDocument = (refusal: Refusal, instance: string): ProblemDocument => ({
  type: `/problems/${refusal.code}`,
  title: PROBLEMS[refusal.code].title,
  status: PROBLEMS[refusal.code].status,
  detail: refusal.detail,
  instance,
  code: refusal.code,
  ...(refusal.errors ? { errors: refusal.errors } : {}),
})
