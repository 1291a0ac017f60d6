/** The mail server that the letters go to: it keeps what it was given, and behaves as it is told. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceivedLetter } from '../../test/checker/evidence.ts'

/** `down`: nobody answers. `slow`: each answer takes a while. `refusing`: not now. `dropping`: takes the letter, then cuts. */
export type Mood = 'well' | 'down' | 'slow' | 'refusing' | 'dropping'

const SLOW_MS = 1500

export type TortureMail = {
  port: number
  received: ReceivedLetter[]
  setMood: (mood: Mood) => Promise<void>
  close: () => Promise<void>
}

/** Starts on a free port of 127.0.0.1. */
export const startMail = async (): Promise<TortureMail> => {
  const received: ReceivedLetter[] = []
  const open = new Set<Socket>()
  let mood: Mood = 'well'

  const talk = (socket: Socket): void => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // A client that gives up cuts the line.
    socket.on('error', () => {})
    let inData = false
    let letter: string[] = []
    let rest = ''
    const say = async (words: string): Promise<void> => {
      if (mood === 'slow') await sleep(SLOW_MS)
      if (!socket.destroyed) socket.write(`${words}\r\n`)
    }
    const hear = async (line: string): Promise<void> => {
      if (inData && line !== '.') return void letter.push(line)
      if (inData) {
        inData = false
        received.push(letterOf(letter))
        letter = []
        if (mood === 'dropping') return void socket.destroy()
        return say('250 taken')
      }
      const verb = line.split(/[ :]/)[0]?.toUpperCase()
      if (verb === 'RCPT' && mood === 'refusing') return say('451 not now')
      if (verb === 'QUIT') return void socket.end('221 good bye\r\n')
      if (verb !== 'DATA') return say('250 fine')
      inData = true
      return say('354 go on')
    }
    let hearing = Promise.resolve()
    socket.on('data', chunk => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n')
      rest = lines.pop() as string
      for (const line of lines) hearing = hearing.then(() => hear(line))
    })
    void say('220 mail.example.com')
  }

  const cutAll = (): void => {
    for (const socket of open) socket.destroy()
  }
  const listen = async (port: number): Promise<Server> => {
    const server = createServer(talk)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server: Server | undefined = await listen(0)
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closing = server
    server = undefined
    cutAll()
    await new Promise<void>(resolve => (closing ? closing.close(() => resolve()) : resolve()))
  }

  return {
    port,
    received,
    setMood: async next => {
      mood = next
      if (next === 'down') await close()
      else server ??= await listen(port)
    },
    close,
  }
}

const letterOf = (lines: string[]): ReceivedLetter => {
  const text = lines.join('\n')
  const messageId = /^message-id: <([^>]*)>/im.exec(text)?.[1] ?? ''
  // The date and the boundaries are of the attempt.
  return { messageId, text: text.slice(text.indexOf('\n\n')) }
}
