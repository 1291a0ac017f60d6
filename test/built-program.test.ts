/** What runs the built program (`bin/built-program.cjs`), with toys in place of it: what it does with files that have changed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { isBun, isDeno } from '../src/processes/runtime.ts'

const runner = fileURLToPath(new URL('../bin/built-program.cjs', import.meta.url))

/** Three functions that are compiled, and what they say. */
const KEEPS_COMPILED = `
const add = (a, b) => a + b
const twice = text => text + ' ' + text
const all = () => twice('order') + ' ' + add(40, 2)
console.log(all())
KASSA_BUILT.keepCompiled()
`
const SAYS = 'order order 42\n'

describe('what runs the built program', { skip: (isBun || isDeno) && 'this runtime reads the sources' }, () => {
  let place: string
  let directory: string
  const file = (name: string) => join(directory, name)

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'kassa built $& '))
    directory = mkdtempSync(join(place, 'built'))
    copyFileSync(runner, file('kassa.cjs'))
  })
  afterEach(() => rmSync(place, { recursive: true, force: true }))

  const program = (text: string) => {
    const main = join(place, 'main.mjs')
    writeFileSync(main, "console.log('from the sources')")
    writeFileSync(file('program.js'), text)
    writeFileSync(file('home.json'), JSON.stringify({ main, sum: crc32(text) }))
    writeFileSync(file('lines.json'), JSON.stringify({ files: ['', 'src/toy.ts'], lines: [1, 7, 1, 8] }))
  }
  const run = (kind: string, ...flags: string[]) =>
    spawnSync(process.execPath, [...flags, file('kassa.cjs'), kind], { encoding: 'utf8' })
  const flip = (name: string, at: number) => {
    const bytes = readFileSync(file(name))
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
    writeFileSync(file(name), bytes)
  }

  it('takes compiled code only as it was kept: V8 would run whatever a flipped bit has made of it', () => {
    program(KEEPS_COMPILED)
    assert.equal(run('actor').stdout, SAYS)
    const whole = readFileSync(file('actor.compiled'))
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 6)) {
      flip('actor.compiled', at)
      const { stdout, stderr } = run('actor')
      assert.deepEqual({ at, stdout, stderr }, { at, stdout: SAYS, stderr: '' })
      assert.deepEqual(readFileSync(file('actor.compiled')).length, whole.length, 'it is kept anew')
    }
    for (const length of [0, whole.length - 1]) {
      writeFileSync(file('actor.compiled'), whole.subarray(0, length))
      assert.equal(run('actor').stdout, SAYS)
    }
  })

  it('takes no compiled code of another program, though it be as long', () => {
    program(KEEPS_COMPILED)
    run('actor')
    const compiled = readFileSync(file('actor.compiled'))
    program(KEEPS_COMPILED.replace('40', '20'))
    writeFileSync(file('actor.compiled'), compiled)
    assert.equal(run('actor').stdout, 'order order 22\n')
  })

  it('runs the sources where the program is damaged, and removes it, so that the next start builds it anew', () => {
    program('console.log("from the program")')
    flip('program.js', 0)
    const { status, stdout, stderr } = run('start')
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'from the sources\n' })
    assert.match(stderr, /^Warning: runs from its sources: .*program\.js is damaged/)
    assert.equal(existsSync(directory), false)
  })

  it('runs the sources also where the damaged one can’t be removed', () => {
    program('console.log("from the program")')
    flip('program.js', 0)
    writeFileSync(file('read-only.cjs'), "require('node:fs').rmSync = () => { throw new Error('EROFS') }")
    assert.equal(run('start', '--require', file('read-only.cjs')).stdout, 'from the sources\n')
  })

  it('puts the places of the sources into a stack, also where the cache lies at a path with blanks', () => {
    program('const stack = () => new Error("no").stack\nconsole.log(KASSA_BUILT.inSources(stack()))')
    const [message, first, second] = run('start').stdout.split('\n')
    assert.equal(message, 'Error: no')
    assert.match(first ?? '', /^ {4}at stack \(src\/toy\.ts:7\)$/)
    assert.match(second ?? '', /^ {4}at (Object\.<anonymous> \()?src\/toy\.ts:8\)?$/)
  })

  it('leaves a stack as it is where the cache was emptied meanwhile: what is to be told matters more', () => {
    program('const stack = () => new Error("no").stack\nconsole.log(KASSA_BUILT.inSources(stack()))')
    rmSync(file('lines.json'))
    const { status, stdout } = run('start')
    assert.equal(status, 0)
    assert.match(stdout, /^Error: no\n {4}at stack \(.*program\.js:1:\d+\)\n/)
  })
})
