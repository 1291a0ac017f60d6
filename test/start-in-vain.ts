/** A start on data that Kassa must refuse: it stays up, says why, and does not get ready. */
import { createInterface } from 'node:readline'
import { spawnKassa } from './kassa-command.ts'

/** Starts on `dataDir`, and resolves when it has said `reason`; the caller stops it. Rejects when it gets ready or ends. */
export async function startInVain(dataDir: string, reason: RegExp): Promise<{ stop: () => Promise<void> }> {
  const child = spawnKassa(['start'], { KASSA_PORT: '0', KASSA_NATS_PORT: '0', KASSA_DATA: dataDir })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  const lines: string[] = []
  const said = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', line => {
      lines.push(line)
      if (reason.test(line)) resolve()
    })
    child.stdout!.on('data', text => reject(new Error(`It should be refused, and says: ${text}`)))
    void ended.then(() => reject(new Error(`It ended by itself and said:\n${lines.join('\n')}`)))
  })
  try {
    await said
    return { stop }
  } catch (fault) {
    await stop()
    throw fault
  }
}
