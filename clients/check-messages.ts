/**
 * Holds messages against an AsyncAPI document: `check-messages.ts asyncapi.json messages.json` prints as JSON what the
 * official parser says of the document, what is wrong with which message or example, and how many there were of each
 * channel.
 * test/asyncapi.test.ts runs it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Parser } from '@asyncapi/parser'

// The JSON Schema validator that the parser itself depends on: npm has others for others.
const ofParser = createRequire(createRequire(import.meta.url).resolve('@asyncapi/parser'))
const { Ajv } = ofParser('ajv')
const addFormats = ofParser('ajv-formats')

/** A message as it travelled; `reply` where it answers what was sent on `subject`. */
type Travelled = { subject: string; reply: boolean; headers: Record<string, string>; payload: unknown }

type Channel = {
  address: string | null
  messages: Record<string, { $ref: string }>
  parameters?: Record<string, { enum?: string[] }>
}

type Document = {
  channels: Record<string, Channel>
  components: { messages: Record<string, { examples?: { payload: unknown }[] }> }
}

const [documentFile = '', messagesFile = ''] = process.argv.slice(2)
const text = readFileSync(documentFile, 'utf8')
const document = JSON.parse(text) as Document
const messages = JSON.parse(readFileSync(messagesFile, 'utf8')) as Travelled[]

// Whether there is a newer AsyncAPI is no fault of the document.
const { diagnostics } = await new Parser().parse(text)
const said = diagnostics
  .filter(({ code }) => code !== 'asyncapi-latest-version')
  .map(({ code, severity, message, path }) => ({ code, severity, message, path: path.join('/') }))

// The document is no schema itself: it has keywords of its own, and schemas deep within.
const ajv = new Ajv({ strict: false, allErrors: true })
addFormats(ajv)
ajv.addSchema(document, 'asyncapi')

type Validate = ((value: unknown) => boolean) & { errors?: object[] }
const validators = new Map<string, Validate>()
const compiled = ($ref: string): Validate => {
  const validate: Validate = validators.get($ref) ?? ajv.compile({ $ref })
  validators.set($ref, validate)
  return validate
}

const pattern = ({ address, parameters = {} }: Channel): RegExp => {
  const tokens = (address ?? '').split('.').map(token => {
    const name = /^\{(\w+)\}$/.exec(token)?.[1]
    if (name === undefined) return token
    const among = parameters[name]?.enum
    return among ? `(${among.join('|')})` : '[^.]+'
  })
  return new RegExp(`^${tokens.join('\\.')}$`)
}
const asked = Object.entries(document.channels)
  .filter(([, { address }]) => address !== null)
  .map(([id, channel]) => ({ id, pattern: pattern(channel) }))

const heard: Record<string, number> = Object.fromEntries(Object.keys(document.channels).map(id => [id, 0]))
const faults: object[] = []
for (const { subject, reply, headers, payload } of messages) {
  const ids = asked.filter(({ pattern }) => pattern.test(subject)).map(({ id }) => (reply ? `${id}.reply` : id))
  const [id = ''] = ids
  if (ids.length !== 1) {
    faults.push({ subject, fault: `is of ${ids.length} channels: ${ids.join(', ')}` })
    continue
  }
  heard[id] = (heard[id] ?? 0) + 1

  const isNo = headers['Nats-Service-Error-Code'] !== undefined
  const named = Object.entries(document.channels[id]?.messages ?? {}).filter(
    ([name]) => (name === 'Refusal') === (reply && isNo),
  )
  for (const [part, value] of Object.entries({ headers, payload })) {
    const validate = compiled(`asyncapi${named[0]?.[1].$ref}/${part}`)
    if (!validate(value)) faults.push({ subject, reply, part, value, fault: ajv.errorsText(validate.errors) })
  }
}

for (const [id, { examples = [] }] of Object.entries(document.components.messages))
  for (const { payload } of examples) {
    const validate = compiled(`asyncapi#/components/messages/${id}/payload`)
    if (!validate(payload)) faults.push({ example: id, fault: ajv.errorsText(validate.errors) })
  }

console.log(JSON.stringify({ said, faults, heard }))
