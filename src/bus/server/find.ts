/** Finding a nats-server: what was named, what is installed, what was fetched before, then fetching one. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { exitCodes, plainFault } from '../../exit.ts'
import { programName, putIntoCache, takeFromCache } from './cache.ts'
import { fetchFromDebian } from './debian.ts'
import { buildWithGo } from './golang.ts'
import { lastResort } from './last-resort.ts'
import { fetchRelease } from './release.ts'
import { askVersion, compareVersions, isQuick, isUsable, type NatsServer } from './version.ts'

type Say = (line: string) => void

/** Puts a nats-server into `directory` and says where it is from; throws with the reason when it can't. */
export type Source = { name: string; fetch(directory: string, say: Say): Promise<string> }

export type Search = { named: string | undefined; path: string; cacheDir: string; say: Say; sources?: Source[] }

const usualSources: Source[] = [
  { name: 'the release on GitHub', fetch: fetchRelease },
  { name: 'the Debian package', fetch: fetchFromDebian },
  { name: 'building it with Go', fetch: buildWithGo },
]

/**
 * Finds a nats-server of at least 2.12, in the order: `NATS_SERVER_BIN`, PATH, cache, release, Debian, Go.
 * One of 2.10 or 2.11 is taken only when nothing newer can be had. Throws exit code 69 with the lines to copy.
 */
export async function findNatsServer({
  named,
  path,
  cacheDir,
  say,
  sources = usualSources,
}: Search): Promise<NatsServer> {
  const installed = await lookAround(named, path, say)
  const quick = installed.find(server => isQuick(server.version)) ?? (await takeFromCache(cacheDir, say))
  if (quick) return found(quick, say)

  for (const source of sources) {
    try {
      return found(await putIntoCache(cacheDir, directory => source.fetch(directory, say)), say)
    } catch (fault) {
      say(`No nats-server from ${source.name}: ${fault instanceof Error ? firstLine(fault.message) : String(fault)}`)
    }
  }

  const newest = installed.sort((a, b) => compareVersions(b.version, a.version))[0]
  if (!newest) throw plainFault(exitCodes.unavailable, lastResort(process.platform))
  say(
    `Taking nats-server ${newest.version}: nothing newer is to be had. It syncs every message, so orders flow more slowly`,
  )
  return found(newest, say)
}

/** What is named and what is on the PATH, as far as it can be used at all; says why the rest is not. */
async function lookAround(named: string | undefined, path: string, say: Say): Promise<NatsServer[]> {
  if (named && !existsSync(named)) {
    throw plainFault(
      exitCodes.configuration,
      `NATS_SERVER_BIN: no such file "${named}"; give the path of a nats-server, or unset it`,
    )
  }
  const onPath = path
    .split(delimiter)
    .filter(Boolean)
    .map(directory => join(directory, programName))
  const candidates = [
    ...(named ? [{ file: named, from: 'NATS_SERVER_BIN' }] : []),
    ...onPath
      .filter(file => existsSync(file))
      .slice(0, 1)
      .map(file => ({ file, from: 'the PATH' })),
  ]

  const usable: NatsServer[] = []
  for (const { file, from } of candidates) {
    const version = await askVersion(file).catch((fault: Error) => {
      say(`Cannot use ${file}: ${firstLine(fault.message)}`)
      return undefined
    })
    if (!version) continue
    if (isUsable(version)) usable.push({ file, version, from })
    else say(`Cannot use ${file}: it is ${version}, which can't number a stream from N; 2.12 or later is wanted`)
    if (isQuick(version)) break
  }
  return usable
}

function found(server: NatsServer, say: Say): NatsServer {
  say(`Found nats-server ${server.version} from ${server.from}: ${server.file}`)
  return server
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0] ?? ''
}
