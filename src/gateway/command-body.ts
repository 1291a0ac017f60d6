/** What a command says: fields of its address, the version it is meant for, and the body. */
import type { Exchange } from './exchange.ts'
import { refuse } from './refused.ts'
import { readRequestBody } from './request-body.ts'
import { type CommandRoute, type DeadLetterRoute, pathFields, VERSION_FIELD } from './route.ts'
import { meantVersionOf } from './versions.ts'

/** The whole of it, not yet read by the contract. Throws `Refused` where the body says what it has no say in. */
export const commandBodyOf = async (
  exchange: Exchange,
  { path, spec }: CommandRoute | DeadLetterRoute,
): Promise<unknown> => {
  const inPath = pathFields(path)
  const hasVersion = VERSION_FIELD in spec.body.shape
  const raw = await readRequestBody(exchange)
  if (inPath.length === 0 && !hasVersion) return raw

  const said = raw === undefined ? {} : raw
  // The contract says what is wrong with it.
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return said
  for (const name of [...inPath, ...(hasVersion ? [VERSION_FIELD] : [])])
    if (Object.hasOwn(said, name)) throw notInBody(name)
  const version = hasVersion ? meantVersionOf(exchange) : undefined
  return { ...said, ...exchange.req.param(), ...(version === undefined ? {} : { [VERSION_FIELD]: version }) }
}

const notInBody = (name: string) => {
  const detail = name === VERSION_FIELD ? 'is told by If-Match; leave it out' : 'is told by the address; leave it out'
  return refuse('unknown_field', `#/${name}: ${detail}`, [{ pointer: `#/${name}`, detail }])
}
