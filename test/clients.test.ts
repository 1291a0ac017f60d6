/** docs/clients.md, carried out: each block of each language, and the reply that stands below it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { ROUTES } from '../src/gateway/routes.ts'
import { type Fence, MANNERS, outputsOf, programOf, type Section, sectionsOf } from './client-page.ts'
import { newClientProject, type Outcome, runProgram, typeFaults, writeKassaTypes } from './client-tools.ts'
import { get } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/clients.md'), 'utf8')
const sections = sectionsOf(page)
const operations = sections.filter(({ blocks }) => blocks.bash)
const preparations = sections.slice(0, sections.indexOf(operations[0]!))
const hono = sections.find(({ title }) => title.startsWith('Hono'))!

/** Why a language can't be shown here, if it can't. */
const lacking = (...programs: string[]): string | false => {
  const missing = programs.find(program => spawnSync(program, ['--version']).status !== 0)
  return missing !== undefined && `not shown: no ${missing}`
}

describe('docs/clients.md', () => {
  it('shows the ten operations and an error in each language, each with its reply', () => {
    const documented = ROUTES.filter(({ path }) => !/^\/(v1\/|metrics)/.test(path)).map(({ path }) => path)
    assert.equal(documented.length, 10)
    assert.equal(operations.length, 11)
    for (const fence of ['bash', 'ts', 'python'] as const)
      for (const path of documented)
        assert.ok(
          operations.some(({ blocks }) => new RegExp(`${path}['?\\s]`).test(blocks[fence] ?? '')),
          `${path} in ${fence}`,
        )
    for (const { title, blocks } of operations) assert.ok(blocks.json, title)
  })

  it('holds in curl', { skip: lacking('bash', 'curl') }, () =>
    withKassa(async kassa => {
      const { directory, file } = written('bash', operations, kassa)
      assertReplies(await runProgram('bash', [file], directory), operations)
    }),
  )

  it('holds in Python', { skip: lacking('python3') }, () =>
    withKassa(async kassa => {
      const { directory, file } = written('python', [...preparations, ...operations], kassa)
      assertReplies(await runProgram('python3', [file], directory), operations, preparations.length)
    }),
  )

  it("holds in TypeScript, by types made of a running Kassa, and by Hono's client beside a clone called kassa", () =>
    withKassa(async kassa => {
      assert.match(page, /^\$ npx openapi-typescript http:\/\/127\.0\.0\.1:8080\/openapi\.json -o kassa\.ts$/m)
      const made = written('ts', [...preparations, ...operations], kassa)
      await writeKassaTypes(made.directory, (await get(kassa.url, '/openapi.json')).text)
      assert.equal(await typeFaults(made.directory), '')
      assertReplies(await runProgram(process.execPath, [made.file], made.directory), operations, preparations.length)

      const { directory, file } = written('ts', [hono], kassa)
      symlinkSync(root, join(dirname(directory), 'kassa'), 'junction')
      assert.equal(await typeFaults(directory), '')
      assertReplies(await runProgram(process.execPath, [file], directory), [hono])
    }))
})

/** Runs `use` with a fresh Kassa, whose first ids are those of the page. */
async function withKassa(use: (kassa: KassaUnderTest) => Promise<void>): Promise<void> {
  // A busy machine may need longer to settle an order than 300 ms; no block waits for anything but its reply.
  const kassa = await startKassa({ env: { KASSA_SETTLE_WAIT_MS: '5000' } })
  try {
    await use(kassa)
  } finally {
    await kassa.stop()
  }
}

/** Writes the blocks as one program into a project of its own. */
function written(fence: Exclude<Fence, 'json'>, parts: Section[], { url }: KassaUnderTest) {
  const directory = newClientProject()
  const { file } = MANNERS[fence]
  writeFileSync(join(directory, file), programOf(fence, parts, url))
  return { directory, file }
}

function assertReplies({ code, stdout, stderr }: Outcome, parts: Section[], before = 0): void {
  const outputs = outputsOf(stdout).slice(before)
  for (const [index, { title, blocks }] of parts.entries()) {
    assert.ok(outputs[index], `${title} has a reply; it ended with ${code}: ${stderr}`)
    assert.deepEqual(withoutChance(outputs[index]), withoutChance(blocks.json!), title)
  }
  assert.equal(code, 0, stderr)
}

/** Times, and the ids of requests: nobody can know them. */
const withoutChance = (text: string): unknown =>
  JSON.parse(text, (key, value) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? 'a moment' : key === 'instance' ? 'a request' : value,
  )
