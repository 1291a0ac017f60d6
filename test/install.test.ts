/** A stranger's first minute: a fresh copy, empty caches, and nothing on the PATH but Node, npm and a shell. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))
/** No Python, no compiler, no Go, no apt. */
const allowed = [
  'sh',
  'env',
  'cat',
  'ls',
  'mkdir',
  'rm',
  'cp',
  'mv',
  'ln',
  'chmod',
  'uname',
  'dirname',
  'basename',
  'sleep',
  'tar',
  'gzip',
  'git',
]
const wholeMs = 240_000
const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/

describe('a first start', { skip: process.platform === 'win32' && 'links need rights there', timeout: wholeMs }, () => {
  let place: string
  let clone: string
  let env: NodeJS.ProcessEnv

  before(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'kassa-install-')))
    clone = join(place, 'clone')
    copyTrackedFiles(clone)
    env = bareEnvironment(place)
  })
  after(() => rmSync(place, { recursive: true, force: true }))

  const kassa = (words: string[], extra: NodeJS.ProcessEnv = {}) =>
    spawnSync('node', ['bin/kassa.js', ...words], {
      cwd: clone,
      env: { ...env, ...extra },
      encoding: 'utf8',
      timeout: wholeMs,
    })

  it('says in plain words that it can’t go on without npm', () => {
    const bin = join(place, 'only-node')
    mkdirSync(bin)
    // A copy, not a link: a link would lead the search for npm to Node's own directory.
    cpSync(realpathSync(join(place, 'bin', 'node')), join(bin, 'node'))
    const { status, stderr } = kassa(['version'], { PATH: bin })
    assert.equal(status, 69)
    assert.match(stderr, /there is no npm beside Node or on the PATH/)
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  it('fetches what is missing, saying so, and runs', t => {
    const { status, stdout, stderr } = kassa(['version'])
    if (skipOffline(t, status, stderr)) return
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^kassa \d+\.\d+\.\d+ \(Node (22|24|26)\./)
    assert.match(stderr, /Installed the modules in/)
    assert.ok(existsSync(join(clone, 'node_modules', 'better-sqlite3')))
    assert.ok(!existsSync(join(clone, 'node_modules', 'newman')), 'who starts Kassa waits for no tool of its tests')
  })

  it('has a store that works, with no install script run', t => {
    const program = `import Database from 'better-sqlite3'; console.log(new Database(':memory:').prepare('SELECT 1 + 1').pluck().get())`
    if (!existsSync(join(clone, 'node_modules'))) return t.skip('nothing was installed')
    const node = newestNode(place)
    const { stdout, stderr } = spawnSync(node, ['--input-type=module', '-e', program], {
      cwd: clone,
      env,
      encoding: 'utf8',
    })
    assert.equal(stdout, '2\n', stderr)
  })

  it('needs nothing more the second time, and says nothing', t => {
    if (!existsSync(join(clone, 'node_modules'))) return t.skip('nothing was installed')
    const { status, stdout, stderr } = kassa(['version'], { npm_config_registry: 'http://127.0.0.1:9' })
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^kassa /)
  })

  it('adds the tools of clients/ when tests are to run, and takes nothing away', t => {
    if (!existsSync(join(clone, 'node_modules'))) return t.skip('nothing was installed')
    const store = join(clone, 'node_modules', 'better-sqlite3', 'package.json')
    const { ino } = statSync(store)
    const { status, stderr } = kassa(['run', 'test', 'of-this-name-there-is-none'])
    if (skipOffline(t, status, stderr)) return
    assert.equal(status, 2, stderr)
    assert.match(stderr, /those of clients\/ are missing/)
    assert.ok(existsSync(join(clone, 'node_modules', 'newman')))
    assert.equal(statSync(store).ino, ino)
  })

  it('installs once when several start at the same time', async t => {
    if (!existsSync(join(clone, 'node_modules'))) return t.skip('nothing was installed')
    rmSync(join(clone, 'node_modules'), { recursive: true })
    const starts = await Promise.all([1, 2, 3].map(() => outcomeOf(clone, env)))
    assert.deepEqual(
      starts.map(start => start.code),
      [0, 0, 0],
    )
    assert.equal(starts.filter(start => start.stderr.includes('Installed the modules')).length, 1)
  })
})

function copyTrackedFiles(target: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  })
  for (const file of listed.split('\0').filter(file => file && existsSync(join(repository, file)))) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(repository, file), join(target, file))
  }
}

/** A PATH of one directory, an empty home and cache; of the rest only what is needed to reach the registry. */
function bareEnvironment(place: string): NodeJS.ProcessEnv {
  const bin = join(place, 'bin')
  mkdirSync(bin)
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const find = (name: string) => directories.map(directory => join(directory, name)).find(file => existsSync(file))
  for (const name of allowed) {
    const file = find(name)
    if (file) symlinkSync(realpathSync(file), join(bin, name))
  }
  const npm = find('npm')
  assert.ok(npm, 'npm is on the PATH')
  symlinkSync(realpathSync(npm), join(bin, 'npm'))
  symlinkSync(realpathSync(oldestNode(directories)), join(bin, 'node'))

  const userConfig = join(homedir(), '.npmrc')
  const network = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_registry|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name),
  )
  return {
    ...Object.fromEntries(network),
    ...(existsSync(userConfig) ? { npm_config_userconfig: userConfig } : {}),
    PATH: bin,
    HOME: join(place, 'home'),
    XDG_CACHE_HOME: join(place, 'cache'),
  }
}

/** The oldest Node at hand, since it has the longest way to go. */
function oldestNode(directories: string[]): string {
  const nodes = [
    process.execPath,
    ...directories.map(directory => join(directory, 'node')).filter(file => existsSync(file)),
  ]
  const aged = nodes.map(file => ({ file, major: majorOf(file) })).filter(({ major }) => major >= 18)
  return aged.sort((a, b) => a.major - b.major)[0]!.file
}

function majorOf(node: string): number {
  return Number(/^v(\d+)/.exec(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0)
}

/** The Node that was fetched, or the one there was when it was new enough. */
function newestNode(place: string): string {
  const versions = join(place, 'cache', 'kassa', 'node')
  if (!existsSync(versions)) return join(place, 'bin', 'node')
  const modules = join(versions, readdirSync(versions).find(name => !name.startsWith('.'))!, 'node_modules')
  return join(modules, readdirSync(modules).find(name => name.startsWith('node-'))!, 'bin', 'node')
}

function skipOffline(t: TestContext, status: number | null, stderr: string): boolean {
  if (status !== 69 || !offline.test(stderr)) return false
  t.skip('the registry can’t be reached')
  return true
}

async function outcomeOf(cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; stderr: string }> {
  const child = spawn('node', ['bin/kassa.js', 'version'], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  return new Promise(resolve => child.on('close', code => resolve({ code, stderr })))
}
