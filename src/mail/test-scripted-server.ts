/** A mail server on loopback that says what it is told to, at each step of the conversation. For tests only. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** The steps at which a server may say no: the greeting, a verb, or the end of the letter (`.`). */
export type Step = 'connect' | 'EHLO' | 'HELO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | '.'

/** What is said instead of yes; `silence` for nothing, `cut` for an end of the line. */
export type Script = Partial<Record<Step, string>>

export type ScriptedServer = {
  port: number
  /** The steps that were taken, of all connections. */
  heard: Step[]
  /** Resolves when the step is taken once more. */
  next: (step: Step) => Promise<void>
  connections: () => number
  close: () => Promise<void>
}

/** `offers` are the extensions it tells of. `script` may be changed while it runs. */
export const startScriptedServer = async (script: Script, offers: string[] = []): Promise<ScriptedServer> => {
  const yes: Record<Step, string> = {
    connect: '220 mail.example.com',
    EHLO: ['250-mail.example.com', ...offers.map(offer => `250-${offer}`), '250 8BITMIME'].join('\r\n'),
    HELO: '250 mail.example.com',
    STARTTLS: '220 go on',
    AUTH: '235 welcome',
    MAIL: '250 fine',
    RCPT: '250 fine',
    DATA: '354 go on',
    '.': '250 taken',
  }
  const heard: Step[] = []
  const waiting: { step: Step; resolve: () => void }[] = []
  const open = new Set<Socket>()

  const say = (socket: Socket, step: Step): boolean => {
    heard.push(step)
    for (const one of waiting.filter(({ step: wanted }) => wanted === step)) {
      waiting.splice(waiting.indexOf(one), 1)
      one.resolve()
    }
    const words = script[step] ?? yes[step]
    if (words === 'cut') socket.destroy()
    else if (words !== 'silence') socket.write(`${words}\r\n`)
    return words === yes[step]
  }

  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // A client that gives up cuts the line.
    socket.on('error', () => {})
    let inData = false
    let rest = ''
    socket.on('data', chunk => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n')
      rest = lines.pop() as string
      for (const line of lines) {
        if (inData) {
          if (line !== '.') continue
          inData = false
          say(socket, '.')
        } else {
          const verb = line.split(' ')[0] as Step
          if (say(socket, verb) && verb === 'DATA') inData = true
        }
      }
    })
    say(socket, 'connect')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    heard,
    next: step => new Promise(resolve => void waiting.push({ step, resolve })),
    connections: () => open.size,
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
