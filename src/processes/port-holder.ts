/** Who has a port: as far as this system tells an ordinary user. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const listening = '0A'

/** For a message: "pid 4711 has it (node server.js)", or that it can't be told. */
export function describePortHolder(port: number): string {
  const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port)
  if (pid === undefined) return 'another process has it, which this user may not see'

  const command = commandOf(pid)
  return `pid ${pid} has it${command ? ` (${command})` : ''}`
}

/** The command line of a process, words joined by spaces; undefined when there is none or it is not ours to see. */
export function commandOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() || undefined
    if (process.platform === 'win32') return undefined
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    // Gone, or hidden from us: either way there is nothing to tell.
    return undefined
  }
}

/** Linux: the socket's inode from /proc/net/tcp, then the process that has it open. */
function pidFromProc(port: number): number | undefined {
  const rows = ['tcp', 'tcp6'].flatMap(table => readOr(`/proc/net/${table}`).split('\n').slice(1))
  const cells = rows.map(row => row.trim().split(/\s+/))
  const row = cells.find(
    ([, local = '', , state]) => state === listening && Number.parseInt(local.split(':')[1] ?? '', 16) === port,
  )
  const socket = row && `socket:[${row[9]}]`
  if (!socket) return undefined

  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const holder = pids.find(pid => openFiles(pid).includes(socket))
  return holder === undefined ? undefined : Number(holder)
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(fd => readLinkOr(`/proc/${pid}/fd/${fd}`))
  } catch {
    // Another user's process, or one that has just ended.
    return []
  }
}

function pidFromLsof(port: number): number | undefined {
  try {
    const out = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(out.split('\n')[0]) || undefined
  } catch {
    // No lsof here, or nothing that this user may see.
    return undefined
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // No IPv6, or no /proc at all.
    return ''
  }
}

function readLinkOr(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    // Closed between the listing and the look.
    return ''
  }
}
