/** Fetching a pinned runtime from npm into the cache, where the clone and its modules know nothing of it. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, fillOnce } from '../../bin/cache.js'
import { runNpm } from '../../bin/npm.js'
import type { Runtime } from './runtimes.ts'

/** The program of `runtime`, fetched on first use. npm checks the bytes against the integrity that is pinned here. */
export async function fetchRuntime(runtime: Runtime, say: (line: string) => void): Promise<string> {
  const { name, package: packageName, version, integrity, program } = runtime
  const home = join(cacheDir(), 'runtimes', `${packageName.replace(/^@/, '').replace('/', '-')}-${version}`)
  const file = join('node_modules', packageName, program)
  await fillOnce(
    home,
    () => existsSync(join(home, file)),
    async (directory: string) => {
      say(`Fetching ${name} (${packageName}@${version}) from npm into ${home}`)
      const dependencies = { [packageName]: version }
      const packages = { '': { dependencies }, [`node_modules/${packageName}`]: { version, integrity } }
      const lock = { lockfileVersion: 3, requires: true, packages }
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ dependencies }))
      writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lock))
      await runNpm(directory, ['ci'])
    },
  )
  return join(home, file)
}
