/** The Debian package of nats-server, unpacked without being installed; needs no root. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
/** Where new versions come first. Which one is there moves; the cache refuses what is older than 2.12. */
const suite = 'sid'
const wholeMs = 180_000

/**
 * Downloads the package of this machine's own mirror by apt with a private list, private directories and Debian's keys,
 * so that the system's lists and packages stay as they are.
 */
export async function fetchFromDebian(directory: string, say: (line: string) => void): Promise<string> {
  if (!existsSync(keyring)) throw new Error('this system has no Debian keyring')
  const mirror = await ownMirror()

  say(`Fetching nats-server from Debian ${suite} by apt-get (nothing is installed)`)
  const place = join(directory, 'debian')
  for (const inner of ['lists/partial', 'cache/archives/partial']) await mkdir(join(place, inner), { recursive: true })
  await writeFile(join(place, 'kassa.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`)

  const options = aptOptions(place)
  await run('apt-get', [...options, 'update'], place)
  await run('apt-get', [...options, 'download', 'nats-server'], place)
  const packageFile = (await readdir(place)).find(file => file.endsWith('.deb'))
  if (!packageFile) throw new Error('apt-get downloaded no package')

  await run('dpkg', ['-x', packageFile, 'unpacked'], place)
  await copyFile(join(place, 'unpacked', 'usr', 'sbin', 'nats-server'), join(directory, 'nats-server'))
  await rm(place, { recursive: true })
  return `the Debian package ${packageFile}`
}

function aptOptions(place: string): string[] {
  return [
    `Dir::Etc::sourcelist=${place}/kassa.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${place}/lists`,
    `Dir::Cache=${place}/cache`,
    `APT::Sandbox::User=${userInfo().username}`,
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=10',
    'Acquire::https::Timeout=10',
  ].flatMap(option => ['-o', option])
}

/** The mirror that this system itself uses, out of its sources in either format. */
async function ownMirror(): Promise<string> {
  const files = ['/etc/apt/sources.list']
  const parts = '/etc/apt/sources.list.d'
  if (existsSync(parts)) for (const part of await readdir(parts)) files.push(join(parts, part))

  for (const file of files.filter(file => /\.(list|sources)$/.test(file) && existsSync(file))) {
    const lines = (await readFile(file, 'utf8')).split('\n').filter(line => /^\s*(deb\s|URIs:)/.test(line))
    const mirror = lines.flatMap(line => line.match(/https?:\/\/\S+\/debian\/?(?=\s|$)/g) ?? [])[0]
    if (mirror) return mirror
  }
  throw new Error('the apt sources of this system name no Debian mirror')
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  await promisify(execFile)(command, args, { cwd, timeout: wholeMs, env: { ...process.env, LC_ALL: 'C' } }).catch(
    fault => {
      const reason = String(fault.stderr || fault.message)
        .split('\n')
        .find(line => /^E:|not found|ENOENT/.test(line))
      throw new Error(`${command} failed: ${reason ?? fault.message}`)
    },
  )
}
