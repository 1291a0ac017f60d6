/** Versions of nats-server: asking a program for its own, and what each is good for. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A nats-server that was found: where, which, and how we came to it. */
export type NatsServer = { file: string; version: string; from: string }

/** From 2.12 on a stream may be `persist_mode: async`, which makes the log streams quick. */
const quickFrom = [2, 12]
/** From 2.10 on there is `sync_interval: always`, and a stream can be numbered from N. */
const usableFrom = [2, 10]

const askMs = 10_000

/** Runs `file --version`; throws when it does not run or does not answer like a nats-server. */
export async function askVersion(file: string): Promise<string> {
  const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: askMs })
  const version = /^nats-server: v(\d+\.\d+\.\d+)/m.exec(stdout)?.[1]
  if (!version)
    throw new Error(`"${file} --version" answered ${JSON.stringify(stdout.slice(0, 80))}, not a nats-server's version`)
  return version
}

export const isQuick = (version: string): boolean => compareVersions(version, quickFrom.join('.')) >= 0
export const isUsable = (version: string): boolean => compareVersions(version, usableFrom.join('.')) >= 0

/** Below zero when `left` is older than `right`; a missing part counts as zero. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map(version => version.split('.').map(Number))
  const differing = [0, 1, 2].find(part => (a![part] ?? 0) !== (b![part] ?? 0))
  return differing === undefined ? 0 : (a![differing] ?? 0) - (b![differing] ?? 0)
}
