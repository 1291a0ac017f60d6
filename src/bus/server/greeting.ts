/** What a NATS server says to whoever connects: its INFO line. */
import { once } from 'node:events'
import { connect } from 'node:net'

const waitMs = 2_000

/** The greeting on a port of this machine, or undefined when nobody listens or nobody speaks. */
export async function greetingAt(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(waitMs) })
  try {
    const [chunk] = await once(socket, 'data')
    return String(chunk)
  } catch {
    // Refused or silent: either way there is no server that greets.
    return undefined
  } finally {
    socket.on('error', () => {}).destroy()
  }
}
