/** Building nats-server with Go, where a Go that is new enough is installed. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { compareVersions } from './version.ts'

const module = 'github.com/nats-io/nats-server/v2@v2.15.2'
/** What the go.mod of that version asks for. */
const goFrom = '1.26'
const buildMs = 600_000

/** Builds into `directory`; takes a minute or two, and says so. Go checks the sources against its checksum database. */
export async function buildWithGo(directory: string, say: (line: string) => void): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['version']).catch(fault => {
    throw new Error(fault.code === 'ENOENT' ? 'there is no Go on the PATH' : fault.message)
  })
  const version = /go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? '0'
  if (compareVersions(version, goFrom) < 0) throw new Error(`Go is ${version}, and ${goFrom} or later is needed`)

  say(`Building ${module} with Go ${version}; this takes a minute or two`)
  await promisify(execFile)('go', ['install', '-trimpath', module], {
    cwd: directory,
    timeout: buildMs,
    // No compiler for C needed, nothing of a surrounding module or workspace.
    env: { ...process.env, GOBIN: directory, GOFLAGS: '-buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' },
  }).catch(fault => {
    throw new Error(
      `go install failed: ${String(fault.stderr || fault.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    )
  })
  return `go install ${module}`
}
