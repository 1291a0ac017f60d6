/** Clients who open connections and never come to the point. */
import { connect, type Socket } from 'node:net'

export type SlowSockets = {
  /** How many of them are open. */
  open: () => number
  close: () => void
}

const BYTE_EVERY_MS = 1_000

/** Opens `count` connections; each sends a request a byte at a time, some of them a body that was announced long. */
export const openSlowSockets = async (url: string, count: number): Promise<SlowSockets> => {
  const { hostname, port } = new URL(url)
  const alive = new Set<Socket>()
  const opened = Array.from(
    { length: count },
    (_, index) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => {
          alive.add(socket)
          const head = 'POST /orders/create/ HTTP/1.1\r\nHost: localhost\r\n'
          socket.write(index % 2 === 0 ? head.slice(0, 10) : `${head}Content-Length: 60000\r\n\r\n{`)
          resolve()
        })
        socket.on('error', reject)
        socket.on('close', () => alive.delete(socket))
      }),
  )
  await Promise.all(opened)
  const timer = setInterval(() => {
    for (const socket of alive) socket.write('x')
  }, BYTE_EVERY_MS)

  return {
    open: () => alive.size,
    close: () => {
      clearInterval(timer)
      for (const socket of alive) socket.destroy()
    },
  }
}
