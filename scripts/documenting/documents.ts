/** Everything in the documents that is made from the code: tables between two marks, and whole files. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asyncapiDocument } from '../../src/gateway/asyncapi.ts'
import { openapiDocument } from '../../src/gateway/openapi.ts'
import { runtimeTable } from '../runtimes/table.ts'
import { configurationTable, problemTable, routeTable } from './tables.ts'

const root = resolve(import.meta.dirname, '../..')

/** A document as it should be: its path from the root, and its whole text. */
export type MadeDocument = { file: string; text: string }

/** Every document of which something is made from the code. */
export function madeDocuments(): MadeDocument[] {
  const described = withTable(
    withTable(read('README.md'), 'routes', routeTable()),
    'configuration',
    configurationTable(),
  )
  const readme = withTable(described, 'runtimes', runtimeTable())
  return [
    { file: 'README.md', text: readme },
    { file: 'docs/problems.md', text: withTable(read('docs/problems.md'), 'problems', problemTable()) },
    { file: 'docs/openapi.json', text: `${JSON.stringify(openapiDocument(), null, 2)}\n` },
    { file: 'docs/asyncapi.json', text: `${JSON.stringify(asyncapiDocument(), null, 2)}\n` },
  ]
}

/** What stands in the repository now; nothing where there is no such file. */
export function writtenDocument(file: string): string {
  try {
    return read(file)
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return ''
    throw fault
  }
}

/** Where a document lies on this machine. */
export const pathOf = (file: string): string => join(root, file)

const read = (file: string): string => readFileSync(pathOf(file), 'utf8')

/** `text` with `table` between the two marks of `name`; throws where they are missing. */
function withTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: made by npm run documents -->`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error(`Cannot place the table "${name}": put "${begin}" and "${end}" where it belongs`)
  return `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`
}
