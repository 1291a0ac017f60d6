/** One keep-alive connection that asks one thing at a time. */
import { connect } from 'node:net'
import { createResponseReader, type Response } from './response-reader.ts'

export type Connection = {
  /** Asks; `answered` is called with the response. One question at a time. */
  ask: (request: Buffer, answered: (response: Response) => void) => void
  close: () => void
}

/** Connects to `port` of this machine. `broken` is called when the connection ends before it is closed. */
export const openConnection = (port: number, broken: (fault: Error) => void): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const reader = createResponseReader()
    let answered: ((response: Response) => void) | undefined
    let closed = false

    const end = (fault: Error) => {
      if (closed) return
      closed = true
      socket.destroy()
      broken(fault)
      reject(fault)
    }
    socket.on('error', end)
    socket.on('close', () => end(new Error(`The connection to port ${port} was closed from the other side`)))
    socket.on('data', bytes => {
      let response: Response | undefined
      try {
        response = reader.take(bytes)
      } catch (fault) {
        return end(fault as Error)
      }
      if (!response) return
      const tell = answered
      answered = undefined
      if (!tell) return end(new Error('A response came that nobody had asked for'))
      tell(response)
    })
    socket.on('connect', () =>
      resolve({
        ask: (request, whenAnswered) => {
          answered = whenAnswered
          socket.write(request)
        },
        close: () => {
          closed = true
          socket.destroy()
        },
      }),
    )
  })
