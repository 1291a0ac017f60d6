/** The machine: its runtime, the room on its disk, and the ports that a start would take. */
import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { describePortHolder } from '../processes/port-holder.ts'
import { isFree } from '../processes/ports.ts'
import { describeRuntime } from '../processes/runtime.ts'
import { restoringFile } from '../restoring.ts'
import { productVersion } from '../version.ts'
import { type Finding, look, well, wrong } from './finding.ts'

/** Below it commits may fail at any moment; and below it one should begin to look for room. In bytes. */
const ROOM_NEEDED = 256 * 1024 ** 2
const ROOM_WISHED = 1024 ** 3

/** The runtime that runs this, which is the one that runs everything. */
export const examineRuntime = (): Finding => well('runtime', `kassa ${productVersion} on ${describeRuntime()}`)

/** The data directory: whether half a backup lies in it, and how many bytes there is room for. */
export const examineDisk = (dataDir: string, roomAt: (directory: string) => number = freeBytes): Finding[] => {
  const place = existing(dataDir)
  const room = roomAt(place)
  const says = `${shownBytes(room)} free for ${dataDir}`
  const mend = 'free some room on this disk, or put KASSA_DATA on a larger one'
  const disk =
    room < ROOM_NEEDED ? wrong('disk', says, mend) : room < ROOM_WISHED ? look('disk', says, mend) : well('disk', says)
  if (!existsSync(restoringFile(dataDir))) return [disk]
  return [disk, wrong('restore', 'one was interrupted: half a backup is in place', 'npm start -- restore <directory>')]
}

/** The ports that the next start asks for; only while nothing runs. */
export const examinePorts = async (
  config: Pick<Config, 'host' | 'port' | 'portAsked' | 'natsPort' | 'natsPortAsked' | 'natsUrl'>,
): Promise<Finding[]> => {
  const { host, port, portAsked, natsPort, natsPortAsked, natsUrl } = config
  const http = await examinePort('HTTP port', host, port, portAsked, 'KASSA_PORT')
  if (natsUrl !== undefined) return [http]
  return [http, await examinePort('port of the broker', '127.0.0.1', natsPort, natsPortAsked, 'KASSA_NATS_PORT')]
}

const examinePort = async (
  about: string,
  host: string,
  port: number,
  asked: boolean,
  variable: string,
): Promise<Finding> => {
  if (port === 0) return well(about, 'any free one')
  if (await isFree(host, port)) return well(about, `${port} is free`)
  const says = `${port} is taken: ${describePortHolder(port)}`
  return asked
    ? wrong(about, says, `end that process, or give another ${variable}`)
    : look(about, `${says}; a start takes the next free one`, `give another ${variable} to have the same one each time`)
}

/** A directory that is not there yet will lie on the disk of the nearest one that is. */
const existing = (directory: string): string => (existsSync(directory) ? directory : existing(dirname(directory)))

const freeBytes = (directory: string): number => {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

const shownBytes = (bytes: number): string =>
  bytes < 10 * 1024 ** 3 ? `${Math.floor(bytes / 1024 ** 2)} MB` : `${Math.floor(bytes / 1024 ** 3)} GB`
