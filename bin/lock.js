/** A lock for starts that come at the same time, freed when its holder is dead. */
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDir } from './cache.js'

const pollMs = 200

/** Runs `work` while no other process does so for the same `name`; waits, saying once for whom, and what it does. */
export async function withLock(name, doing, work) {
  const directory = join(cacheDir(), 'locks')
  mkdirSync(directory, { recursive: true })
  const file = join(directory, createHash('sha256').update(name).digest('hex').slice(0, 16))

  for (let waited = false; !take(file); waited = true) {
    const holder = holderOf(file)
    if (holder !== undefined && !isAlive(holder)) putAside(file, holder)
    else if (!waited) console.error(`Waiting for process ${holder ?? ''}, which ${doing}`)
    await sleep(pollMs)
  }
  try {
    await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** A link appears whole, with the pid already in it; a file opened and then written would be empty for a moment. */
function take(file) {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, file)
    return true
  } catch (fault) {
    if (fault.code !== 'EEXIST') throw fault
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (fault) {
    if (fault.code !== 'ENOENT') throw fault
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (fault) {
    return fault.code === 'EPERM'
  }
}

/** Two waiters may both see a dead holder; whoever moves the file must look whether it was still that one. */
function putAside(file, deadHolder) {
  const aside = `${file}.aside.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (fault) {
    if (fault.code === 'ENOENT') return
    throw fault
  }
  if (holderOf(aside) !== deadHolder) linkSync(aside, file)
  rmSync(aside, { force: true })
}
