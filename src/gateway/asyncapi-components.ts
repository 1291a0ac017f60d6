/** What many messages of the AsyncAPI document share: the envelope of an event, and the headers. */
import { COMMAND_HEADERS, REFUSAL_HEADERS } from '../bus/command-id.ts'
import { EXPECTED_LAST_ID, EXPECTED_LAST_SEQ, MESSAGE_ID } from '../bus/entry-message.ts'

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more })

const CHAIN = '^[A-Za-z0-9_-]{43}$'

/** The envelope of an event (CloudEvents 1.0, JSON format). */
export const CLOUD_EVENT = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'sequence', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: text('Source and sequence: `order/0/7`.', { pattern: '^[a-z-]+/\\d+/[1-9]\\d*$' }),
    source: text('The actor and its cell: `order/0`.', { pattern: '^[a-z-]+/\\d+$' }),
    type: text('What happened.'),
    subject: text('The id of the user it is about; left out where it is about nobody.'),
    time: text('When it happened, in UTC.', { format: 'date-time' }),
    datacontenttype: { const: 'application/json' },
    sequence: text('The number in its log and in its stream.', { pattern: '^[1-9]\\d*$' }),
    traceparent: text('W3C trace context of the command.'),
    data: { type: 'object' },
  },
  additionalProperties: false,
}

const headers = (properties: Record<string, object>, required: string[] = []) => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})

const asker = {
  [COMMAND_HEADERS.caller]: text('Who asks.'),
  [COMMAND_HEADERS.trace]: text('W3C trace context.'),
}
const key = { [COMMAND_HEADERS.key]: text('The command is carried out once under this key.', { maxLength: 255 }) }

/** The schemas of the headers of each kind of message; others may be there, and mean nothing. */
export const HEADER_SCHEMAS = {
  EventHeaders: headers(
    {
      [MESSAGE_ID]: text('The chain: a hash of this entry and of every entry before it.', { pattern: CHAIN }),
      [EXPECTED_LAST_SEQ]: text('The number before this one.', { pattern: '^\\d+$' }),
      [EXPECTED_LAST_ID]: text('The chain before this one.', { pattern: CHAIN }),
      'Kassa-Command': text('The id of the command that it answers: caller, name and key.'),
      'Kassa-Fingerprint': text('A hash of the body of that command.'),
      'Kassa-Reply': text('The reply to that command, as JSON.'),
      'Kassa-Cause': text('The event of another actor that it answers: source, number, chain.', {
        pattern: `^[a-z-]+/\\d+ [1-9]\\d* ${CHAIN.slice(1)}`,
      }),
    },
    [MESSAGE_ID, EXPECTED_LAST_SEQ],
  ),
  CommandHeaders: headers({
    ...key,
    [COMMAND_HEADERS.requestId]: text('A key that the gateway made, where the client gave none.'),
    [COMMAND_HEADERS.deadlineMs]: text('Milliseconds that the sender still waits.'),
    [COMMAND_HEADERS.remember]: text('`no`: a refusal is not kept under the key.'),
    ...asker,
  }),
  QueryHeaders: headers(asker),
  QueueHeaders: headers({ [MESSAGE_ID]: text('The id of the command: it is carried out once.'), ...key, ...asker }),
  ReplyHeaders: headers({
    [COMMAND_HEADERS.replayed]: { const: 'true', description: 'An earlier request got this reply.' },
  }),
  RefusalHeaders: headers(
    {
      [REFUSAL_HEADERS.status]: text('The status as HTTP has it.', { pattern: '^[45]\\d\\d$' }),
      [REFUSAL_HEADERS.detail]: text('The code and a sentence.'),
    },
    [REFUSAL_HEADERS.status, REFUSAL_HEADERS.detail],
  ),
}
