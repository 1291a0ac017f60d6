/** The endpoints of an actor, as its contract says them: one a command that is asked for, one a query. */
import type { CommandSpec, Contract, QuerySpec } from './contract.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { type Address, commandSubject, querySubject } from './subjects.ts'

/** `metadata` is made when it is asked for: schemas are long. */
export type Endpoint = { name: string; subject: string; metadata: () => Record<string, string> }

/** Commands first, each kind in the contract's order. A command that is taken only from the queue has none. */
export const endpointsOf = ({ commands, queries }: Contract, address: Address): Endpoint[] => [
  ...Object.entries(commands)
    .filter(([, spec]) => !spec.queueOnly)
    .map(([name, spec]) => ({
      name,
      subject: commandSubject(address, name),
      metadata: () => metadataOf('command', spec),
    })),
  ...Object.entries(queries).map(([name, spec]) => ({
    name,
    subject: querySubject(address, name),
    metadata: () => metadataOf('query', spec),
  })),
]

/** All values are text, as ADR-32 wants it: the schemas are JSON (JSON Schema 2020-12), the refusals codes with commas. */
const metadataOf = (kind: 'command' | 'query', spec: CommandSpec | QuerySpec): Record<string, string> => ({
  kind,
  summary: spec.summary,
  request_schema: JSON.stringify(jsonSchemaOf(spec.body, 'input')),
  response_schema: JSON.stringify(jsonSchemaOf(spec.reply, 'output')),
  ...(spec.refusals.length > 0 ? { refusals: spec.refusals.join(',') } : {}),
})
