/** The official release of nats-server, checked by its hash. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { programName } from './cache.ts'
import { download } from './download.ts'
import { fileInTar } from './tar.ts'

const version = '2.15.0'
const releaseUrl = `https://github.com/nats-io/nats-server/releases/download/v${version}`

/**
 * SHA-256 of the archives, as the project's own container images pin them (nats-io/nats-docker, 2.15.x).
 * For a system that is not here the release's own SHA256SUMS is believed: it proves a whole download, not an honest one.
 */
const pinned: Record<string, string> = {
  'nats-server-v2.15.0-linux-amd64.tar.gz': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'nats-server-v2.15.0-linux-arm64.tar.gz': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
  'nats-server-v2.15.0-windows-amd64.zip': '2d0861dc2ca3567d17f7d19611d7b346cc2ccbd7086a0a77cc957a2c71663200',
}

const systems: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' }
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Downloads, checks and unpacks the release for this system. */
export async function fetchRelease(directory: string, say: (line: string) => void): Promise<string> {
  const archive = archiveName(process.platform, process.arch)
  const bytes = await download(`${releaseUrl}/${archive}`, `nats-server ${version} from GitHub`, say)

  const wanted = pinned[archive] ?? hashIn((await download(`${releaseUrl}/SHA256SUMS`)).toString(), archive)
  const got = createHash('sha256').update(bytes).digest('hex')
  if (got !== wanted) throw new Error(`${archive} has SHA-256 ${got}, not ${wanted}; it is thrown away`)

  await unpack(bytes, archive, directory)
  return `the release on GitHub, ${archive}`
}

/** The name of the archive for a system; throws where the project has no build. */
export function archiveName(platform: NodeJS.Platform, arch: NodeJS.Architecture): string {
  const [system, architecture] = [systems[platform], architectures[arch]]
  if (!system || !architecture) throw new Error(`there is no build for ${platform}-${arch}`)
  return `nats-server-v${version}-${system}-${architecture}.${system === 'windows' ? 'zip' : 'tar.gz'}`
}

function hashIn(sums: string, archive: string): string {
  const line = sums.split('\n').find(line => line.trim().endsWith(archive))
  const hash = line?.split(/\s+/)[0]
  if (!hash) throw new Error(`SHA256SUMS of the release does not name ${archive}`)
  return hash
}

async function unpack(bytes: Buffer, archive: string, directory: string): Promise<void> {
  if (archive.endsWith('.tar.gz')) {
    await writeFile(join(directory, programName), fileInTar(gunzipSync(bytes), programName))
    return
  }
  const zip = join(directory, archive)
  await writeFile(zip, bytes)
  // The tar of Windows 10 and later reads zip.
  await promisify(execFile)('tar', ['-xf', zip, '-C', directory, '--strip-components=1'])
  await rm(zip)
}
