/** The modules: installed when they are missing or the lock has changed. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.js'
import { runNpm } from './npm.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const lockFile = join(root, 'package-lock.json')
const modulesDir = join(root, 'node_modules')
const markFile = join(modulesDir, '.kassa-lock')

/**
 * Brings node_modules in step with package-lock.json; costs two small reads when it is. The tools of clients/ are most of
 * the files and serve tests alone, so who starts Kassa does not wait for them: they come when `clients` asks for them.
 */
export async function installModules({ clients }) {
  if (inStep(clients)) return
  // npm ci would empty the directory that a link leads to, which is somebody else's.
  if (isLink())
    return console.error(
      `Warning: ${modulesDir} is a link, and not in step with package-lock.json; it is taken as it is`,
    )

  await withLock(root, 'installs the modules', async () => {
    // Another start may have done it while this one waited.
    if (inStep(clients)) return
    const byHand = installedByHand()
    if (!byHand) await install(clients)
    writeFileSync(markFile, byHand || clients ? withClients() : lockHash())
  })
}

async function install(clients) {
  const began = Date.now()
  const added = clients && inStep(false)
  const why = added ? 'those of clients/ are missing' : existsSync(markFile) ? 'it has changed' : 'none yet'
  const [command, ...options] = added ? ['install', '--no-save'] : ['ci', ...(clients ? [] : ['--workspaces=false'])]
  console.error(`Installing the modules of package-lock.json with npm ${command} (${why})`)
  // Of development too: they are few without those of clients/. What is only added leaves a running Kassa its modules.
  await runNpm(root, [command, ...options, '--include=dev']).catch(fault => {
    const message = `Cannot install the modules: ${fault.message}\nGo online and start again, or run "npm ci" in ${root}`
    throw Object.assign(new Error(message), { exitCode: 69 })
  })
  console.error(`Installed the modules in ${((Date.now() - began) / 1000).toFixed(1)} s`)
}

function inStep(clients) {
  const mark = existsSync(markFile) ? readFileSync(markFile, 'utf8') : ''
  return mark === withClients() || (!clients && mark === lockHash())
}

function isLink() {
  return lstatSync(modulesDir, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex')
}

/** The mark when the modules of clients/ are there, too. */
function withClients() {
  return `${lockHash()} clients`
}

/** Whether npm's own note of what it installed has all that the lock asks for: then there is nothing to do. */
function installedByHand() {
  const noteFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(noteFile)) return false

  const installed = JSON.parse(readFileSync(noteFile, 'utf8')).packages
  const asked = Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages)
  const modules = asked.filter(([place, module]) => place !== '' && !module.optional)
  return modules.every(
    ([place, module]) => installed[place]?.version === module.version && existsSync(join(root, place)),
  )
}
