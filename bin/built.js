/** The program in one file: built from the sources once, kept, and never taken when they have changed since. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { cacheDir, fillOnce } from './cache.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const builder = fileURLToPath(new URL('build.js', import.meta.url))

/** Of as many trees and versions the built programs are kept; what runs from an older one goes on with its sources. */
const mostKept = 20

/**
 * The URL of the file that runs what is built; undefined where the sources have to do: on other runtimes, which read
 * TypeScript by themselves, under a look at the coverage, without esbuild, and where it can't be built or kept, which is
 * told.
 */
export async function builtProgram() {
  if (process.versions.bun || process.versions.deno || process.env.NODE_V8_COVERAGE) return undefined
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) return undefined

  const all = join(cacheDir(), 'built')
  const directory = join(all, keyOfSources())
  const file = join(directory, 'kassa.cjs')
  try {
    await fillOnce(directory, () => existsSync(file), build)
  } catch (fault) {
    const reason = String(fault.stderr || fault.message).trim()
    console.error(`Warning: runs from its sources, which takes more memory and time: cannot build it: ${reason}`)
    return undefined
  }
  keepNewest(all, directory)
  return pathToFileURL(file).href
}

/** In a process of its own, whose memory goes with it. */
async function build(directory) {
  await promisify(execFile)(process.execPath, [builder, directory])
}

/**
 * Whoever changes a file changes its ctime, and whoever installs modules writes npm's own note of them. To read all
 * files would take four times as long (20 ms of CPU at every start).
 */
function keyOfSources() {
  const sources = readdirSync(join(root, 'src'), { recursive: true })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map(name => join('src', name))
  const others = ['package-lock.json', join('node_modules', '.package-lock.json')]
  const tools = readdirSync(join(root, 'bin')).map(name => join('bin', name))

  const hash = createHash('sha256').update(`${root} ${process.version} ${process.arch}`)
  for (const name of [...sources, ...others, ...tools].sort()) hash.update(`\n${name} ${stampOf(join(root, name))}`)
  return hash.digest('hex').slice(0, 16)
}

function stampOf(file) {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : 'none'
}

function keepNewest(all, used) {
  try {
    const now = new Date()
    utimesSync(used, now, now)
    const directories = readdirSync(all).map(name => join(all, name))
    const age = new Map(directories.map(path => [path, now - statSync(path).mtimeMs]))
    const oldestLast = directories.sort((a, b) => age.get(a) - age.get(b))
    for (const path of oldestLast.slice(mostKept)) rmSync(path, { recursive: true, force: true })
  } catch {
    // The cache of somebody else, or another start tidies up at this moment: the next one does.
  }
}
