/** In which order a nats-server is looked for, and what is said of each. */
import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { PlainFault } from '../../exit.ts'
import { findNatsServer, type Source } from './find.ts'

describe('finding a nats-server', { skip: process.platform === 'win32' && 'the fake programs are sh scripts' }, () => {
  let place: string
  let cacheDir: string
  let lines: string[]
  let fetches: string[]

  before(() => {
    place = mkdtempSync(join(tmpdir(), 'kassa-find-'))
  })
  beforeEach(() => {
    cacheDir = mkdtempSync(join(place, 'cache-'))
    lines = []
    fetches = []
  })
  after(() => rmSync(place, { recursive: true, force: true }))

  /** A directory with a program that says that it is `version`. */
  function install(version: string, inDirectory = mkdtempSync(join(place, 'bin-'))): string {
    mkdirSync(inDirectory, { recursive: true })
    const file = join(inDirectory, 'nats-server')
    writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`)
    chmodSync(file, 0o755)
    return inDirectory
  }

  const gives = (name: string, version: string): Source => ({
    name,
    async fetch(directory) {
      fetches.push(name)
      install(version, directory)
      return name
    },
  })

  const fails = (name: string): Source => ({
    name,
    async fetch() {
      fetches.push(name)
      throw new Error('not reachable')
    },
  })

  const find = (given: { named?: string; path?: string; sources?: Source[] }) =>
    findNatsServer({
      named: given.named,
      path: given.path ?? '',
      cacheDir,
      say: line => lines.push(line),
      sources: given.sources ?? [],
    })

  it('takes the one that is named before the one on the PATH', async () => {
    const named = join(install('2.14.0'), 'nats-server')
    const server = await find({ named, path: install('2.15.0') })
    assert.deepEqual(server, { file: named, version: '2.14.0', from: 'NATS_SERVER_BIN' })
  })

  it('takes one of 2.12 on the PATH, and fetches none', async () => {
    const server = await find({
      path: `${join(place, 'nowhere')}:${install('2.12.0')}`,
      sources: [gives('the release', '2.15.0')],
    })
    assert.deepEqual([server.version, server.from, fetches], ['2.12.0', 'the PATH', []])
  })

  it('says what it found, with its version', async () => {
    const path = install('2.15.1')
    await find({ path })
    assert.deepEqual(lines, [`Found nats-server 2.15.1 from the PATH: ${path}/nats-server`])
  })

  it('tries each source in order until one gives a server, and keeps that in the cache', async () => {
    const sources = [fails('the release'), gives('Debian', '2.15.1'), gives('Go', '2.15.2')]
    const server = await find({ sources })
    assert.deepEqual(
      [server.version, server.file, fetches],
      ['2.15.1', join(cacheDir, '2.15.1', 'nats-server'), ['the release', 'Debian']],
    )
    assert.equal(lines[0], 'No nats-server from the release: not reachable')
  })

  it('takes the cached one the next time', async () => {
    await find({ sources: [gives('the release', '2.15.0')] })
    const server = await find({ sources: [gives('the release', '2.15.0')] })
    assert.deepEqual([server.from, fetches], ['the cache (the release)', ['the release']])
  })

  it('throws a cached one away whose bytes have changed', async () => {
    const { file } = await find({ sources: [gives('the release', '2.15.0')] })
    appendFileSync(file, '# flipped')
    await find({ sources: [gives('the release', '2.15.0')] })
    assert.deepEqual(fetches, ['the release', 'the release'])
    assert.match(lines.join('\n'), /is not what was put there; removing it/)
  })

  it('takes a 2.10 only when nothing newer is to be had, and says what that costs', async () => {
    const path = install('2.10.27')
    assert.equal((await find({ path, sources: [gives('Debian', '2.15.1')] })).version, '2.15.1')

    cacheDir = mkdtempSync(join(place, 'cache-'))
    assert.equal((await find({ path, sources: [fails('Debian')] })).version, '2.10.27')
    assert.match(lines.join('\n'), /syncs every message/)
  })

  it('refuses a 2.9, with the reason', async () => {
    await assert.rejects(find({ path: install('2.9.10') }), (fault: PlainFault) => fault.exitCode === 69)
    assert.match(lines[0]!, /it is 2\.9\.10, which can't number a stream from N/)
  })

  it('does not keep a fetched one that is too old', async () => {
    await assert.rejects(find({ sources: [gives('Debian', '2.10.27')] }))
    assert.equal(lines[0], 'No nats-server from Debian: it is 2.10.27, older than 2.12')
    assert.equal(existsSync(join(cacheDir, '2.10.27')), false)
  })

  it('refuses a named file that is not there, as bad configuration', async () => {
    await assert.rejects(find({ named: '/no/such/nats-server' }), (fault: PlainFault) => fault.exitCode === 78)
  })

  it('passes over a program that is no nats-server', async () => {
    const path = mkdtempSync(join(place, 'bin-'))
    writeFileSync(join(path, 'nats-server'), '#!/bin/sh\necho hello\n')
    chmodSync(join(path, 'nats-server'), 0o755)
    await assert.rejects(find({ path }), (fault: PlainFault) => fault.exitCode === 69)
    assert.match(lines[0]!, /answered "hello\\n", not a nats-server's version/)
  })

  it('ends with lines to copy when there is nothing at all', async () => {
    await assert.rejects(find({ sources: [fails('the release')] }), (fault: PlainFault) => {
      assert.equal(fault.exitCode, 69)
      assert.match(fault.message, /NATS_SERVER_BIN=\S+ npm start/)
      return true
    })
  })
})
