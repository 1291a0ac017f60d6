/** Building nats-server with Go, where a Go that is new enough is installed. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { compareVersions } from './version.ts'

const module = 'github.com/nats-io/nats-server/v2@v2.15.2'
/** What the go.mod of that version asks for. */
const goFrom = '1.26'
const buildMs = 600_000

/** Builds into `directory`; takes a minute or two, and says so. */
export async function buildWithGo(directory: string, say: (line: string) => void): Promise<string> {
  const version = await goVersion()
  if (compareVersions(version, goFrom) < 0) throw new Error(`Go is ${version}, and ${goFrom} or later is needed`)

  say(`Building ${module} with Go ${version}; this takes a minute or two`)
  await installWithGo(['go'], module, directory, buildMs)
  return `go install ${module}`
}

/** The version of the Go on the PATH, as `1.26.8`; throws where there is none. */
export async function goVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['version']).catch(fault => {
    throw new Error(fault.code === 'ENOENT' ? 'there is no Go on the PATH' : fault.message)
  })
  return /go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? '0'
}

/**
 * Builds the program of `module` (`path@version`) into `directory`, by `go` as it is called there (`['nice', 'go']`).
 * Go checks the sources against its checksum database. Throws after `withinMs`, and with Go's last line when it fails.
 */
export async function installWithGo(
  [command, ...words]: [string, ...string[]],
  module: string,
  directory: string,
  withinMs: number,
): Promise<void> {
  await promisify(execFile)(command, [...words, 'install', '-trimpath', module], {
    cwd: directory,
    timeout: withinMs,
    // No compiler for C needed, nothing of a surrounding module or workspace.
    env: { ...process.env, GOBIN: directory, GOFLAGS: '-buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' },
  }).catch(fault => {
    const said = fault.killed ? `not done within ${withinMs / 1000} s` : String(fault.stderr || fault.message)
    throw new Error(`go install failed: ${said.trim().split('\n').at(-1)}`)
  })
}
