/** The built program: what Kassa runs on Node, in place of reading some hundred sources in every process. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { isBun, isDeno } from '../src/processes/runtime.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const runsSources = (isBun || isDeno) && 'this runtime reads the sources by itself'

describe('the built program', { skip: runsSources }, () => {
  let place: string
  let tree: string

  before(() => {
    place = mkdtempSync(join(tmpdir(), 'kassa-built-'))
    tree = join(place, 'tree')
    mkdirSync(tree)
    for (const name of ['bin', 'src', 'package.json', 'package-lock.json'])
      cpSync(join(repository, name), join(tree, name), { recursive: true })
    symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'))
  })
  after(() => rmSync(place, { recursive: true, force: true }))

  const kassa = (words: string[], cache = join(place, 'cache')) => {
    const { NODE_V8_COVERAGE: _, ...others } = process.env
    const env = { ...others, XDG_CACHE_HOME: cache, KASSA_DATA: join(place, 'data') }
    return spawnSync(process.execPath, ['bin/kassa.js', ...words], { cwd: tree, env, encoding: 'utf8' })
  }
  const builds = () => readdirSync(join(place, 'cache', 'kassa', 'built'))
  const change = (file: string, from: string, to: string) => {
    const before = readFileSync(join(tree, file), 'utf8')
    assert.ok(before.includes(from), `${file} has ${from}`)
    writeFileSync(join(tree, file), before.replace(from, to))
  }

  it('is built once, and says what the sources say', () => {
    const first = kassa(['version'])
    assert.match(first.stdout, /^kassa \d+\.\d+\.\d+ \(Node /)
    assert.equal(first.stderr, '')
    assert.equal(kassa(['version']).stdout, first.stdout)
    assert.equal(builds().length, 1)
  })

  it('is what runs, and nothing reads the sources then', () => {
    const [build = ''] = builds()
    const file = (name: string) => join(place, 'cache', 'kassa', 'built', build, name)
    const whole = ['program.js', 'home.json'].map(name => [name, readFileSync(file(name), 'utf8')] as const)
    const other = 'console.log("from the built one")'
    writeFileSync(file('program.js'), other)
    writeFileSync(file('home.json'), JSON.stringify({ main: join(tree, 'src/main.ts'), sum: crc32(other) }))
    assert.equal(kassa(['version']).stdout, 'from the built one\n')
    for (const [name, text] of whole) writeFileSync(file(name), text)
  })

  it('is built anew when a source has changed, though its length has not', () => {
    change('src/commands.ts', '`kassa ${', '`KASSA ${')
    assert.match(kassa(['version']).stdout, /^KASSA /)
    assert.equal(builds().length, 2)
  })

  it('shows the stack of a defect with the places of the sources', () => {
    change('src/commands.ts', 'console.log(`KASSA', 'throw new Error(`KASSA')
    const { status, stderr } = kassa(['version'])
    const line = readFileSync(join(tree, 'src/commands.ts'), 'utf8')
      .split('\n')
      .findIndex(text => text.includes('throw new Error(`KASSA'))
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`at .*runVersion.* \\(src/commands\\.ts:${line + 1}\\)`))
  })

  it('is done without where it can’t be built: the sources run, and a line says so', () => {
    change('src/commands.ts', 'throw new Error(`KASSA', 'console.log(`kassa')
    const file = join(place, 'a-file')
    writeFileSync(file, '')
    const { status, stdout, stderr } = kassa(['version'], file)
    assert.match(stdout, /^kassa \d/)
    assert.equal(status, 0)
    assert.match(
      stderr,
      /^Warning: runs from its sources, which takes more memory and time: cannot build it: .*ENOTDIR/,
    )
  })
})
