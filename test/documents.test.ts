/** The documents say what the code does: their tables, their links and the files they name. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { madeDocuments, writtenDocument } from '../scripts/documenting/documents.ts'
import { follows, headerText } from '../src/bus/entry.ts'

const root = resolve(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md', 'data/README.md'], { cwd: root })
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

describe('documents: what is made from the code', () => {
  for (const { file, text } of madeDocuments()) {
    it(`${file} is in step (else: npm run documents)`, () => {
      assert.equal(writtenDocument(file), text)
    })
  }
})

describe('documents: links', () => {
  it('there are pages to look at', () => assert.ok(pages.length > 5))

  for (const page of pages) {
    it(`of ${page} lead to files and headings that are there`, () => {
      const targets = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
      const own = targets.filter(target => !/^https?:/.test(target))
      assert.deepEqual(
        own.filter(target => !leadsSomewhere(page, target)),
        [],
      )
    })
  }
})

describe('documents: the files and scripts they name', () => {
  const inCode = (page: string, pattern: RegExp) => [...textOf(page).matchAll(pattern)].map(([, name = '']) => name)

  for (const page of pages) {
    it(`of ${page} are there`, () => {
      const files = inCode(page, /`((?:src|test|docs|bench|scripts|bin)\/[\w./-]+\.(?:ts|js|md|json))`/g)
      assert.deepEqual(
        files.filter(file => !existsSync(join(root, file))),
        [],
      )
    })
  }

  it('every script of npm that a page names exists', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const named = pages.flatMap(page => inCode(page, /npm run ([a-z]+)/g))
    assert.deepEqual(
      named.filter(name => !(name in scripts)),
      [],
    )
  })
})

describe('documents: the life of an order', () => {
  const blocks = [...textOf('docs/life-of-an-order.md').matchAll(/^```\n([\s\S]*?)^```$/gm)].map(
    ([, block = '']) => block,
  )
  const entries = blocks.filter(block => block.includes('Nats-Expected-Last-Msg-Id: '))

  it('shows messages of a real run', () => assert.ok(entries.length >= 4))

  for (const block of entries) {
    it(`the chain of ${block.split('\n')[0]} is right to the byte`, () => {
      const [head = '', body = ''] = block.split('\n\n')
      const value = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1]
      const chain = value('Nats-Msg-Id') ?? ''
      assert.ok(
        follows(value('Nats-Expected-Last-Msg-Id') ?? '', {
          body: Buffer.from(body.trimEnd()),
          headers: headerText(value),
          chain,
        }),
      )
    })
  }
})

/** Whether a link of `page` leads to a file, and where it has a `#`, to a heading there. */
function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, file))) return false
  if (heading === undefined) return true

  const headings = textOf(file)
    .split('\n')
    .filter(line => /^#+ /.test(line))
  return headings.some(line => anchorOf(line) === heading)
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
