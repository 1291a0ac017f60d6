/** What our nats-server itself says of streams that it can't write any more. */
import { readdir, readFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import type { ServerFiles } from './server-files.ts'

const askMs = 2_000

const portsSchema = z.object({ monitoring: z.array(z.string()) })
const healthSchema = z.object({ errors: z.array(z.object({ error: z.string() })).default([]) })

/**
 * A line a stream that takes nothing more. nats-server 2.15 marks a stream at its first write that fails, answers no
 * publish to it after that (not even with an error), and does not try again when there is room: measured, and
 * `setWriteErr` in its stream.go. Only a new start of the server mends it. Empty also where nothing can be learned.
 */
export async function writeFaults(files: ServerFiles, pid: number): Promise<string[]> {
  const url = await monitoringUrl(files, pid)
  if (url === undefined) return []
  try {
    const { errors } = healthSchema.parse(await askJson(`${url}/healthz?details=true`))
    // It has no code of its own: other faults of a stream would not go away by a new start.
    return errors.map(({ error }) => error).filter(error => error.includes('write error'))
  } catch {
    // It ends just now, or has no such page: whoever keeps it running learns of its end elsewhere.
    return []
  }
}

// Not fetch: for this one question the supervisor would have to hold a whole client (10 MB).
function askJson(url: string): Promise<unknown> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false, signal: AbortSignal.timeout(askMs) }, resolve).on('error', reject)
  })
  return response.then(json)
}

/** The server chooses that port itself, and tells it in a file named after its pid. */
async function monitoringUrl({ portsDir }: ServerFiles, pid: number): Promise<string | undefined> {
  try {
    const name = (await readdir(portsDir)).find(file => file.endsWith(`_${pid}.ports`))
    if (name === undefined) return undefined
    return portsSchema.parse(JSON.parse(await readFile(join(portsDir, name), 'utf8'))).monitoring[0]
  } catch {
    // A disk that was full at the start has no such file, or half of one.
    return undefined
  }
}
