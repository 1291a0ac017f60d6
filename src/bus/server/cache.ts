/** The cache of fetched nats-servers: one directory a version, the program's hash beside it. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { askVersion, compareVersions, isQuick, type NatsServer } from './version.ts'

export const programName = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'

const hashName = 'SHA256'
const originName = 'ORIGIN'

/** `$XDG_CACHE_HOME/kassa/nats-server`, or the same under `~/.cache`. */
export function natsServerCache(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kassa', 'nats-server')
}

/** The newest quick nats-server of the cache whose bytes are still those that were put there. */
export async function takeFromCache(cacheDir: string, say: (line: string) => void): Promise<NatsServer | undefined> {
  const names = existsSync(cacheDir) ? await readdir(cacheDir) : []
  const versions = names
    .filter(name => /^\d+\.\d+\.\d+$/.test(name) && isQuick(name))
    .sort(compareVersions)
    .reverse()

  for (const version of versions) {
    const directory = join(cacheDir, version)
    const server = await readWhole(directory, version)
    if (server) return server

    say(`The cached nats-server ${version} in ${directory} is not what was put there; removing it`)
    await rm(directory, { recursive: true, force: true })
  }
  return undefined
}

/**
 * Lets `fill(directory)` put a program into a directory of its own and say where it came from; then asks its version,
 * notes its hash and renames the directory into place, so that other starts see a whole one or none.
 */
export async function putIntoCache(
  cacheDir: string,
  fill: (directory: string) => Promise<string>,
): Promise<NatsServer> {
  await mkdir(cacheDir, { recursive: true })
  const filling = await mkdtemp(join(cacheDir, '.filling-'))
  try {
    const from = await fill(filling)
    const version = await seal(filling, from)
    const directory = join(cacheDir, version)
    await rename(filling, directory).catch(async fault => {
      // Another start was quicker; ours is not needed when its is whole.
      if (!(await readWhole(directory, version))) throw fault
    })
    return { file: join(directory, programName), version, from }
  } finally {
    await rm(filling, { recursive: true, force: true })
  }
}

async function seal(directory: string, from: string): Promise<string> {
  const file = join(directory, programName)
  await chmod(file, 0o755)
  const version = await askVersion(file)
  if (!isQuick(version)) throw new Error(`it is ${version}, older than 2.12`)

  await writeFile(join(directory, originName), from)
  await writeFile(join(directory, hashName), await hashOf(file))
  return version
}

async function readWhole(directory: string, version: string): Promise<NatsServer | undefined> {
  const file = join(directory, programName)
  const parts = [file, join(directory, hashName), join(directory, originName)]
  if (!parts.every(part => existsSync(part))) return undefined

  const noted = await readFile(join(directory, hashName), 'utf8')
  if (noted !== (await hashOf(file))) return undefined
  return { file, version, from: `the cache (${await readFile(join(directory, originName), 'utf8')})` }
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
