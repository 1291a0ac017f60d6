/** The certificate of HTTPS: read at the start, and again when its files change. */
import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stampOf } from '../configuration/file-stamp.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../world/clock.ts'

/** PEM: the certificate with those that vouch for it, and its private key. */
export type Certificate = { cert: string; key: string }

type Files = { tlsCert?: string | undefined; tlsKey?: string | undefined }

/** A renewed certificate is used for new connections no later than this, ms. */
const LOOK_EVERY_MS = 5_000

/** Reads and proves it; `undefined` where HTTPS is not wished for. Throws a plain fault (78). */
export const readCertificate = ({ tlsCert, tlsKey }: Files): Certificate | undefined => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined)
    throw plainFault(exitCodes.configuration, 'Cannot serve HTTPS: KASSA_TLS_CERT and KASSA_TLS_KEY go together')
  try {
    const found = { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') }
    if (!belongTogether(found)) throw new Error('the key is not that of the certificate')
    return found
  } catch (fault) {
    const reason = (fault as NodeJS.ErrnoException).code ?? (fault as Error).message
    throw plainFault(
      exitCodes.configuration,
      `Cannot serve HTTPS with KASSA_TLS_CERT ${tlsCert} and KASSA_TLS_KEY ${tlsKey}: ${reason}`,
    )
  }
}

// Not left to the TLS of the runtime, which may find out with the first connection.
const belongTogether = ({ cert, key }: Certificate): boolean => {
  const spki = { type: 'spki', format: 'der' } as const
  return new X509Certificate(cert).publicKey.export(spki).equals(createPublicKey(key).export(spki))
}

/**
 * Calls `renew` when the files hold another certificate, and whenever `readAgain` is called; one that cannot be used is
 * told of, and the old one stays.
 */
export const watchCertificate = (
  files: Files,
  renew: (certificate: Certificate) => void,
  { clock, log }: { clock: Clock; log: Log },
): { readAgain: () => void; stop: () => void } => {
  let stamp = stampsOf(files)
  let cancel = () => {}
  const readAgain = () => {
    stamp = stampsOf(files)
    try {
      const certificate = readCertificate(files)
      if (!certificate) return
      renew(certificate)
      log.info({}, 'the certificate was read again')
    } catch (fault) {
      log.error({ fault: (fault as Error).message }, 'the new certificate cannot be used: the old one stays')
    }
  }
  const look = () => {
    if (stampsOf(files) !== stamp) readAgain()
    cancel = clock.after(LOOK_EVERY_MS, look)
  }
  if (files.tlsCert !== undefined) cancel = clock.after(LOOK_EVERY_MS, look)
  return { readAgain, stop: () => cancel() }
}

const stampsOf = ({ tlsCert, tlsKey }: Files): string =>
  [tlsCert, tlsKey].map(path => (path === undefined ? '' : stampOf(path))).join()
