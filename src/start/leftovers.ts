/** What a start that was killed has left: its gateway still draining, its nats-server still up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { endOrphan } from '../bus/server/orphan.ts'
import { serverFiles } from '../bus/server/server-files.ts'
import { isFree } from '../processes/ports.ts'
import { readRunFile } from './run-file.ts'

/** A part that is told of its supervisor's end by its stdin has drained by then, ms. */
const drainMs = 4_000
const pollMs = 50

/**
 * Waits for the ports that an earlier start on these data had, so that a quick restart gets the same ones.
 * To be called with the data locked: whoever wrote the run file is dead then.
 */
export async function awaitLeftovers(dataDir: string, say: (line: string) => void): Promise<void> {
  const earlier = readRunFile(dataDir)
  // The gateway first: its requests in flight still need the broker.
  if (earlier?.url) await untilFree(new URL(earlier.url))

  const orphan = await endOrphan(serverFiles(dataDir))
  if (orphan !== undefined) say(`Ended nats-server pid ${orphan}, which an earlier start had left on the same data`)
}

async function untilFree({ hostname, port }: URL): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '')
  for (let waitedMs = 0; waitedMs < drainMs && !(await isFree(host, Number(port))); waitedMs += pollMs)
    await sleep(pollMs)
}
