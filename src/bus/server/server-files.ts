/** Where our nats-server keeps its files, and the configuration that we write for it. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authorizationOf, type BrokerUser } from '../permissions.ts'

export type ServerFiles = {
  directory: string
  configFile: string
  pidFile: string
  /** Where a server tells the ports that it has chosen itself. */
  portsDir: string
  logFile: string
  storeDir: string
}

/** The files of the nats-server that belongs to `dataDir`. */
export function serverFiles(dataDir: string): ServerFiles {
  const directory = join(dataDir, 'nats')
  return {
    directory,
    configFile: join(directory, 'nats-server.conf'),
    pidFile: join(directory, 'nats-server.pid'),
    portsDir: join(directory, 'ports'),
    logFile: join(directory, 'nats-server.log'),
    storeDir: join(directory, 'store'),
  }
}

/** Writes the configuration anew at each start, since the port may have changed. Without users it lets everybody in. */
export async function writeServerConfig(
  files: ServerFiles,
  name: string,
  port: number,
  users: readonly BrokerUser[],
): Promise<void> {
  // What a killed server has left there is of another pid, and perhaps soon of this one.
  await rm(files.portsDir, { recursive: true, force: true })
  await mkdir(files.portsDir, { recursive: true })
  await writeFile(files.configFile, serverConfig(files, name, port, users))
}

/** Quoted by JSON's rules, which nats-server's configuration shares. */
function serverConfig(files: ServerFiles, name: string, port: number, users: readonly BrokerUser[]): string {
  return `# Written by Kassa at each start; changes here are lost.
server_name: ${JSON.stringify(name)}
listen: ${JSON.stringify(`127.0.0.1:${port}`)}
pid_file: ${JSON.stringify(files.pidFile)}
log_file: ${JSON.stringify(files.logFile)}
logfile_size_limit: 10MB
logfile_max_num: 3

# Its own word on whether it can still write (/healthz), on a port of its choice that it tells in this directory.
http: "127.0.0.1:-1"
ports_file_dir: ${JSON.stringify(files.portsDir)}

jetstream {
  store_dir: ${JSON.stringify(files.storeDir)}
  # A 202 of the queue promises that the command is on the disk, not in the page cache.
  sync_interval: always
  # The disk is the limit. Unset, it is three quarters of what is free at the start, and stays so when there is more.
  max_file_store: 1PB
}
${users.length === 0 ? '' : `\nauthorization ${JSON.stringify(authorizationOf(users), null, 2)}\n`}`
}
