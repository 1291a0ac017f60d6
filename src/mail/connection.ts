/** How a mail server is spoken to: where, as whom, and how far the line to it is trusted. */
import type SMTPTransport from 'nodemailer/lib/smtp-transport'

export type ConnectionOptions = {
  /** `smtp://user:password@host:587` or `smtps://…:465`; user and password percent-encoded. */
  url: string
  /** Certificates (PEM) that are trusted instead of those that the runtime knows. */
  authorities?: string
  /** Whether encryption with a checked certificate is demanded; outside loopback it is. */
  demandsTls?: boolean
}

/** The ports that a mail server takes letters of its own users on. */
const SUBMISSION_PORT = 587
const SUBMISSIONS_PORT = 465

/**
 * The settings of a connection. Outside loopback it is encrypted, by STARTTLS or from the start (smtps), and the server's
 * certificate is checked. On loopback, where nobody stands between, encryption is used when it is offered, and the
 * certificate, as a rule one that the machine made for itself, is not checked. A user that was given must be let in.
 */
export const connectionTo = ({ url, authorities, demandsTls }: ConnectionOptions): SMTPTransport.Options => {
  // Read here and not by nodemailer, for which a query in the URL may undo any setting, the check of certificates too.
  const { protocol, hostname, port, username, password } = new URL(url)
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const isTlsFromTheStart = protocol === 'smtps:'
  const isTlsDemanded = demandsTls ?? !isLoopback(host)

  return {
    // Not by name, which nodemailer asks the name servers for.
    host: host === 'localhost' ? '127.0.0.1' : host,
    port: port === '' ? (isTlsFromTheStart ? SUBMISSIONS_PORT : SUBMISSION_PORT) : Number(port),
    secure: isTlsFromTheStart,
    requireTLS: isTlsDemanded && !isTlsFromTheStart,
    tls: { rejectUnauthorized: isTlsDemanded, ...(authorities ? { ca: authorities } : {}) },
    // Else a server that offers no AUTH would be given the letter as from a stranger.
    ...(username
      ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) }, forceAuth: true }
      : {}),
  }
}

/** The time limits of a conversation: none of its steps may take longer than this, ms. */
export const patienceOf = (ms: number) => ({
  connectionTimeout: ms,
  greetingTimeout: ms,
  socketTimeout: ms,
  dnsTimeout: ms,
})

const isLoopback = (host: string): boolean =>
  /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1' || host === 'localhost'
