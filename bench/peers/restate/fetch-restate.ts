/** Restate from npm, fetched when it is to be measured and not before: no part of Kassa depends on it. */
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir, fillOnce } from '../../../bin/cache.js'
import { runNpm } from '../../../bin/npm.js'
import lock from './packages/package-lock.json' with { type: 'json' }

/** Where its server and its SDK lie. */
export type RestateFiles = { version: string; server: string; sdk: string }

/** Its files, at the versions of `packages/package-lock.json`; npm checks the bytes against it, and runs none of them. */
export const fetchRestate = async (say: (line: string) => void): Promise<RestateFiles> => {
  const { version } = lock.packages['node_modules/@restatedev/restate-server']
  const home = join(cacheDir(), 'peers', `restate-${version}`)
  const modules = join(home, 'node_modules', '@restatedev')
  const server = join(modules, `restate-server-${process.platform}-${process.arch}`, 'bin', 'restate-server')
  await fillOnce(
    home,
    () => existsSync(server),
    async (directory: string) => {
      say(`Fetching Restate ${version} from npm into ${home}`)
      cpSync(fileURLToPath(new URL('packages', import.meta.url)), directory, { recursive: true })
      await runNpm(directory, ['ci'])
    },
  )
  if (!existsSync(server)) throw new Error(`Restate ${version} has no server for ${process.platform}-${process.arch}`)
  return { version, server, sdk: join(modules, 'restate-sdk', 'dist', 'index.js') }
}
