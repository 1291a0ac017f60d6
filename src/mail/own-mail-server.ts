/** A mail server in this process, on loopback, that takes the letters of this process alone. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export type OwnMailServer = {
  /** Where it is, with the user and the password that it lets in. */
  url: string
  close: () => void
}

/** Starts it on a free port of 127.0.0.1; `take` gets the bytes of every mail that has come whole. */
export const startOwnMailServer = async (password: string, take: (raw: Buffer) => void): Promise<OwnMailServer> => {
  // Only now: without a mailbox nobody needs it.
  const { SMTPServer } = await import('smtp-server')
  const server = new SMTPServer({
    // The line does not leave this machine.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authMethods: ['PLAIN'],
    disableReverseLookup: true,
    hideDSN: true,
    logger: false,
    onAuth: (given, _session, done) =>
      given.password === password ? done(null, { user: USER }) : done(new Error('Only Kassa itself leaves mail here')),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        take(Buffer.concat(chunks))
        done(null)
      })
    },
  })
  // What is done to a line is told to our mailer, if it is ours; strangers' lines are no loss.
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')

  return {
    url: `smtp://${USER}:${password}@127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    close: () => {
      // Else it would wait half a minute for those that are still connected.
      for (const connection of server.connections) connection.close()
      server.close()
    },
  }
}

const USER = 'kassa'
