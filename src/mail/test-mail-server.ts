/** A real mail server on loopback, which keeps what it was given. For tests only. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { HERE, type TestCertificate } from './test-certificates.ts'

const SLOW_MS = 1000

/** A letter as it arrived: the envelope, the parsed letter, its bytes, and how it came. */
export type Arrived = {
  from: string
  to: string[]
  mail: ParsedMail
  raw: string
  isEncrypted: boolean
  user: string | undefined
}

export type MailServer = {
  port: number
  arrived: Arrived[]
  /** Resolves when so many letters have arrived. */
  has: (letters: number) => Promise<Arrived[]>
  close: () => Promise<void>
}

export type MailServerOptions = {
  /** Whether the line can be encrypted: not at all, when the client asks, or from the start. */
  tls?: 'none' | 'starttls' | 'from the start'
  certificate?: TestCertificate
  /** Who may leave letters; anyone where there is nobody. */
  user?: { name: string; password: string }
  /** The answer to a recipient, 450 for one; taken where there is none. */
  toRecipient?: (address: string, attempt: number) => { code: number; text: string } | undefined
  /** What happens when a letter has come whole: an answer, a cut line, none, a yes after a second. Kept in any case. */
  afterData?: (attempt: number) => { code: number; text: string } | 'cut' | 'silence' | 'slow' | undefined
  port?: number
}

/** Starts a mail server on a free port of 127.0.0.1. */
export const startMailServer = async (options: MailServerOptions = {}): Promise<MailServer> => {
  const { tls = 'none', certificate = HERE, user } = options
  const arrived: Arrived[] = []
  const waiting: { letters: number; resolve: (arrived: Arrived[]) => void }[] = []
  const attempts = new Map<string, number>()
  let letters = 0

  const keep = async (raw: Buffer, session: SMTPServerSession): Promise<void> => {
    const { mailFrom, rcptTo } = session.envelope
    arrived.push({
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      mail: await simpleParser(raw),
      raw: raw.toString('utf8'),
      isEncrypted: session.secure === true,
      user: session.user as string | undefined,
    })
    for (const { letters, resolve } of waiting) if (arrived.length >= letters) resolve(arrived)
  }

  const server = new SMTPServer({
    ...certificate,
    secure: tls === 'from the start',
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(user ? [] : ['AUTH'])],
    disableReverseLookup: true,
    hideDSN: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      if (username !== user?.name || password !== user?.password)
        return done(answer({ code: 535, text: 'who are you' }))
      done(null, { user: username })
    },
    onRcptTo: ({ address }, _session, done) => {
      const attempt = (attempts.get(address) ?? 0) + 1
      attempts.set(address, attempt)
      const no = options.toRecipient?.(address, attempt)
      done(no ? answer(no) : null)
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const outcome = options.afterData?.(++letters)
        keep(Buffer.concat(chunks), session).then(() => {
          if (outcome === 'silence') return
          if (outcome === 'slow') return void setTimeout(done, SLOW_MS, null)
          if (outcome === 'cut') for (const connection of server.connections) connection.close()
          else done(outcome ? answer(outcome) : null)
        }, done)
      })
    },
  })
  // What clients do to the line is not this server's fault.
  server.on('error', () => {})
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server.server, 'listening')

  return {
    port: (server.server.address() as AddressInfo).port,
    arrived,
    has: letters =>
      arrived.length >= letters
        ? Promise.resolve(arrived)
        : new Promise(resolve => void waiting.push({ letters, resolve })),
    close: () => {
      for (const connection of server.connections) connection.close()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

const answer = ({ code, text }: { code: number; text: string }): Error =>
  Object.assign(new Error(text), { responseCode: code })
