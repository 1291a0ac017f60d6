/** The OpenAPI document makes a typed client: what openapi-typescript makes of it fits ten right calls and no wrong one. */
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, describe, it } from 'node:test'
import { openapiDocument } from '../src/gateway/openapi.ts'
import { newClientProject, typeFaults, writeKassaTypes } from './client-tools.ts'

const callsFile = resolve(import.meta.dirname, '../clients/typed-calls.ts')

describe('types made of the OpenAPI document', () => {
  const project = newClientProject()

  before(async () => {
    await writeKassaTypes(project, JSON.stringify(openapiDocument()))
    copyFileSync(callsFile, join(project, 'calls.ts'))
  })

  it('fit the calls of clients/typed-calls.ts, and refuse those that are marked there', async () => {
    assert.equal(await typeFaults(project), '')
  })

  it('know every operation of the document', () => {
    const made = readFileSync(join(project, 'kassa.ts'), 'utf8')
    const operations = Object.values(openapiDocument().paths).flatMap(path =>
      Object.values(path).map(operation => (operation as { operationId: string }).operationId),
    )
    assert.ok(operations.length >= 10)
    assert.deepEqual(
      operations.filter(name => !made.includes(`operations["${name}"]`)),
      [],
    )
  })
})
