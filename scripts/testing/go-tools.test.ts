/** Building a program with Go: once for all who need it, and with the reason where it can't be. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { buildGoTool, type GoTool } from './go-tools.ts'

const LONG_MS = 120_000

describe('a program that Go builds', { skip: process.platform === 'win32' && 'the fake Go is an sh script' }, () => {
  const { PATH, XDG_CACHE_HOME } = process.env
  let place: string
  let tool: GoTool
  let calls: string

  before(() => {
    place = mkdtempSync(join(tmpdir(), 'kassa-go-tools-'))
    process.env.XDG_CACHE_HOME = place
  })
  beforeEach(() => {
    const own = mkdtempSync(join(place, 'own-'))
    calls = join(own, 'calls')
    tool = {
      name: 'a-tool 1.2.3',
      module: 'example.org/tool@v1.2.3',
      file: join(own, '1.2.3', 'tool'),
      lacking: 'LACK',
    }
  })
  after(() => {
    process.env.PATH = PATH
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME
    rmSync(place, { recursive: true, force: true })
  })

  /** Puts a Go on the PATH that writes down each build and then does `deed`. */
  function goThat(deed: string): void {
    const bin = mkdtempSync(join(place, 'bin-'))
    const script = `#!/bin/sh
if [ "$1" = version ]; then echo 'go version go1.26.8 linux/amd64'; exit; fi
echo "$*" >> '${calls}'
${deed}
`
    writeFileSync(join(bin, 'go'), script)
    chmodSync(join(bin, 'go'), 0o755)
    process.env.PATH = `${bin}:${PATH}`
  }

  it('is built once, though three ask for it at the same time', async () => {
    goThat('echo made > "$GOBIN/tool"')
    await Promise.all([1, 2, 3].map(() => buildGoTool(tool, LONG_MS)))
    await buildGoTool(tool, LONG_MS)
    assert.deepEqual(
      [readFileSync(tool.file, 'utf8'), readFileSync(calls, 'utf8')],
      ['made\n', 'install -trimpath example.org/tool@v1.2.3\n'],
    )
  })

  it('leaves nothing behind when its build fails, and the next try may succeed', async () => {
    goThat('echo half > "$GOBIN/tool"; echo "no such module" >&2; exit 1')
    await assert.rejects(buildGoTool(tool, LONG_MS), /go install failed: no such module/)
    assert.deepEqual([existsSync(tool.file), readdirSync(join(tool.file, '../..'))], [false, ['calls']])

    goThat('echo made > "$GOBIN/tool"')
    await buildGoTool(tool, LONG_MS)
    assert.equal(readFileSync(tool.file, 'utf8'), 'made\n')
  })

  it('is given up when its build takes too long', async () => {
    goThat('exec sleep 300')
    await assert.rejects(buildGoTool(tool, 300), /not done within/)
  })

  it('can not be where no Go is', async () => {
    const empty = join(place, 'empty')
    mkdirSync(empty, { recursive: true })
    process.env.PATH = empty
    await assert.rejects(buildGoTool(tool, LONG_MS), /there is no Go on the PATH/)
  })
})
