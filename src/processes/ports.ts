/** Choosing a TCP port: the one that was asked for or none, a usual one or the next free. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { exitCodes, plainFault } from '../exit.ts'
import { describePortHolder } from './port-holder.ts'

export type Wish = { host: string; port: number; asked: boolean; purpose: string; variable: string }

/** How many ports after the usual one are tried; then any free one will do. */
const nearby = 50

/**
 * The port to take. One that was asked for and is taken is refused, with who has it (exit code 69);
 * a usual one gives way to the next free, with a line. Another process may still be quicker than the caller.
 */
export async function choosePort(
  { host, port, asked, purpose, variable }: Wish,
  say: (line: string) => void,
): Promise<number> {
  if (port === 0) return anyFreePort(host)
  if (await isFree(host, port)) return port

  const holder = describePortHolder(port)
  if (asked) {
    const message = `Cannot take port ${port} for ${purpose}: ${holder}; end that, or choose another by ${variable}`
    throw plainFault(exitCodes.unavailable, message)
  }
  const other = await nextFree(host, port)
  say(`Port ${port} is taken (${holder}): ${purpose} takes ${other}`)
  return other
}

/** A port that the system says is free. */
export async function anyFreePort(host: string): Promise<number> {
  const port = await listenOnce(host, 0)
  if (!port) throw plainFault(exitCodes.unavailable, `Cannot find a free port on ${host}`)
  return port
}

/** Whether nobody listens on the port. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return (await listenOnce(host, port)) !== undefined
}

async function nextFree(host: string, port: number): Promise<number> {
  for (let next = port + 1; next <= Math.min(port + nearby, 65_535); next++) if (await isFree(host, next)) return next
  return anyFreePort(host)
}

/** Listens for a moment: the port, or undefined when it is taken or not allowed. */
async function listenOnce(host: string, port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? fault.code : undefined
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined
    throw fault
  } finally {
    server.close()
  }
}
