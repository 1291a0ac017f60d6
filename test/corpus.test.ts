/** Logs of every release, kept as they were written: they load for ever, and the events of today are those of then. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DEFINITIONS } from '../src/actors/definitions.ts'
import { readEvent } from '../src/actors/kernel/event.ts'
import { createTestCore, TEST_SETTINGS } from '../src/actors/kernel/test-core.ts'
import { type ActorName, CONTRACTS, isActorName } from '../src/actors/registry.ts'
import { verifyStore } from '../src/actors/verify-store.ts'
import type { Entry } from '../src/bus/entry.ts'
import { productVersion } from '../src/version.ts'
import { breaches, type Shape, shapesOf } from './corpus/shapes.ts'

const corpus = fileURLToPath(new URL('./corpus/', import.meta.url))
const releases = readdirSync(corpus, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)
const read = (release: string, file: string) => readFileSync(join(corpus, release, file), 'utf8')

const logOf = (release: string, actor: ActorName): Entry[] =>
  read(release, `${actor}.jsonl`)
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Omit<Entry, 'body'> & { body: string })
    .map(entry => ({ ...entry, body: Buffer.from(entry.body) }))
const actorsOf = (release: string): ActorName[] =>
  readdirSync(join(corpus, release))
    .map(file => file.replace('.jsonl', ''))
    .filter(isActorName)

describe('the corpus of logs', () => {
  it('has this release', () => {
    assert.ok(releases.includes(productVersion), `npm run corpus writes one for ${productVersion}`)
    assert.deepEqual(actorsOf(productVersion).sort(), Object.keys(CONTRACTS).sort())
  })

  for (const release of releases) {
    for (const actor of actorsOf(release)) {
      it(`of ${release}: the log of ${actor} loads, its chain is whole, its tables and books are right`, () => {
        const entries = logOf(release, actor)
        const { core, store } = createTestCore(DEFINITIONS[actor])
        core.transaction(() => entries.forEach(core.restore))
        assert.equal(core.log.head(), entries.length)
        const address = { actor, cell: 0 }
        assert.deepEqual(verifyStore(DEFINITIONS[actor], address, store, TEST_SETTINGS).faults, [])
      })
    }

    it(`of ${release}: every event is still there, and has gained only optional fields`, () => {
      const faults = read(release, 'shapes.jsonl')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { actor: ActorName; type: string } & Shape)
        .flatMap(({ actor, type, ...shape }) => breaches({ [type]: shape }, shapesOf(CONTRACTS[actor])))
      assert.deepEqual(faults, [])
    })
  }

  it('of this release has most kinds of events; what is hard to come by, like an epoch, is in the shapes alone', () => {
    const seen = new Set(
      actorsOf(productVersion).flatMap(actor => logOf(productVersion, actor).map(({ body }) => readEvent(body).type)),
    )
    const missing = new Set(Object.values(CONTRACTS).flatMap(({ events }) => Object.keys(events)))
    const types = missing.size
    for (const type of seen) missing.delete(type)
    assert.ok(missing.size < types / 2, `${missing.size} of ${types} are missing: ${[...missing].join(', ')}`)
  })
})

describe('the shape of an event', () => {
  const text = { type: 'string' }
  const shape = (properties: Record<string, unknown>, required: string[]) => ({ Happened: { properties, required } })
  const then = shape({ id: text, kind: { type: 'string', enum: ['a'] } }, ['id'])

  it('may gain an optional field and another word of a list', () => {
    const now = shape({ id: text, kind: { type: 'string', enum: ['a', 'b'] }, more: text }, ['id'])
    assert.deepEqual(breaches(then, now), [])
  })

  for (const [what, now, said] of [
    ['be gone', {}, /Happened is gone/],
    ['lose a field', shape({ id: text }, ['id']), /Happened\.kind is gone/],
    [
      'change a field',
      shape({ ...then.Happened.properties, id: { type: 'integer' } }, ['id']),
      /give the event a new name/,
    ],
    ['demand a field', shape({ ...then.Happened.properties, more: text }, ['id', 'more']), /make it optional/],
    ['no longer promise a field', shape(then.Happened.properties, []), /count on it/],
  ] as const)
    it(`may not ${what}`, () => assert.match(breaches(then, now).join('\n'), said))
})
