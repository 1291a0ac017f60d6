/** Programs of others that tests drive, and that Go builds: each once, into Kassa's cache. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, fillOnce } from '../../bin/cache.js'
import { withLock } from '../../bin/lock.js'
import { goVersion, installWithGo } from '../../src/bus/server/golang.ts'

/** `module` is what Go builds, `file` where it then lies; `lacking` names the variable that says why it does not. */
export type GoTool = { name: string; module: string; file: string; lacking: string }

const tool = (name: string, path: string, version: string, program: string, lacking: string): GoTool => ({
  name: `${name} ${version}`,
  module: `${path}@v${version}`,
  file: join(cacheDir(), name, version, program),
  lacking,
})

/** The command line of NATS (docs/decisions/0032). */
export const NATS_CLI = tool('nats-cli', 'github.com/nats-io/natscli/nats', '0.4.0', 'nats', 'NATS_CLI_LACKING')

/** The oldest kind of nats-server that Kassa runs on; whole Kassas are tested on the newest. */
export const OLD_NATS_SERVER = tool(
  'nats-server',
  'github.com/nats-io/nats-server/v2',
  '2.10.27',
  'nats-server',
  'OLD_NATS_SERVER_LACKING',
)

/** Builds `tool` unless it is there; throws after `withinMs`. Of several processes one builds, the others wait for it. */
export async function buildGoTool({ name, module, file }: GoTool, withinMs: number): Promise<void> {
  const isThere = () => existsSync(file)
  if (isThere()) return
  await goVersion()

  const began = performance.now()
  await withLock(file, `builds ${name}`, async () => {
    if (isThere()) return
    const leftMs = Math.max(1, Math.round(withinMs - (performance.now() - began)))
    // Tests run meanwhile, and some of them measure time.
    const go: [string, ...string[]] = process.platform === 'win32' ? ['go'] : ['nice', '-n', '10', 'go']
    await fillOnce(join(file, '..'), isThere, (directory: string) => installWithGo(go, module, directory, leftMs))
  })
}
