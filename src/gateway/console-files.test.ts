/** The files of the pages for people: under a strict policy, asked for again only when they have changed. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { createTestGateway } from './test-gateway.ts'

const FOLDER = new URL('./console/', import.meta.url)
const files = readdirSync(FOLDER)
const textOf = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')

suite('the files of the console', () => {
  test('are served under a policy that lets in nothing from elsewhere and nothing inline', async () => {
    const { get } = createTestGateway()
    for (const path of ['/console', '/docs', '/docs/messages', ...files.map(name => `/console/${name}`)]) {
      const { status, headers } = await get(path)
      assert.equal(status, 200, path)
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(
        policy,
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:/,
      )
      assert.doesNotMatch(policy, /unsafe|http/)
      assert.match(headers.get('content-type') ?? '', /^(text\/(html|javascript|css); charset=utf-8|image\/svg\+xml)$/)
    }
  })

  test('have an ETag of what is in them', async () => {
    const { get } = createTestGateway()
    const first = await get('/console/console.css')
    const etag = first.headers.get('etag') as string
    assert.equal(first.headers.get('cache-control'), 'no-cache')
    const again = await get('/console/console.css', { 'if-none-match': etag })
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', etag])
    assert.equal((await get('/console/console.css', { 'if-none-match': '"other"' })).status, 200)
  })

  test('are those of their folder alone', async () => {
    const { get } = createTestGateway()
    for (const path of ['/console/none.js', '/console/..%2Fapp.ts', '/console/%2e%2e%2fapp.ts'])
      assert.equal((await get(path)).status, 404, path)
  })

  test('name no place but this Kassa', () => {
    for (const name of files)
      assert.doesNotMatch(
        textOf(name).replaceAll('http://www.w3.org/2000/svg', ''),
        /https?:\/\/|\/\/[a-z]+\.[a-z]/,
        name,
      )
  })

  test('import only files that there are', () => {
    const imports = files.flatMap(name =>
      [...textOf(name).matchAll(/from '\.\/([^']+)'/g)].map(([, file]) => file as string),
    )
    assert.ok(imports.length > 10)
    for (const file of imports) assert.ok(files.includes(file), file)
  })
})
