/** Where our nats-server keeps its files, and the configuration that we write for it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type ServerFiles = { directory: string; configFile: string; pidFile: string; logFile: string; storeDir: string }

/** The files of the nats-server that belongs to `dataDir`. */
export function serverFiles(dataDir: string): ServerFiles {
  const directory = join(dataDir, 'nats')
  return {
    directory,
    configFile: join(directory, 'nats-server.conf'),
    pidFile: join(directory, 'nats-server.pid'),
    logFile: join(directory, 'nats-server.log'),
    storeDir: join(directory, 'store'),
  }
}

/** Writes the configuration anew at each start, since the port may have changed. */
export async function writeServerConfig(files: ServerFiles, name: string, port: number): Promise<void> {
  await mkdir(files.directory, { recursive: true })
  await writeFile(files.configFile, serverConfig(files, name, port))
}

/** Quoted by JSON's rules, which nats-server's configuration shares. */
function serverConfig(files: ServerFiles, name: string, port: number): string {
  return `# Written by Kassa at each start; changes here are lost.
server_name: ${JSON.stringify(name)}
listen: ${JSON.stringify(`127.0.0.1:${port}`)}
pid_file: ${JSON.stringify(files.pidFile)}
log_file: ${JSON.stringify(files.logFile)}
logfile_size_limit: 10MB
logfile_max_num: 3

jetstream {
  store_dir: ${JSON.stringify(files.storeDir)}
  # A 202 of the queue promises that the command is on the disk, not in the page cache.
  sync_interval: always
}
`
}
