/** How a process gets in at the broker: its key or credentials, and whom it trusts. */
import { existsSync, readFileSync } from 'node:fs'
import {
  type Authenticator,
  credsAuthenticator,
  type TlsOptions,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { keyFileOf, readNkey } from './broker-keys.ts'
import { demandsTls, onlyIpOf, userIn } from './broker-url.ts'
import { nkeyAuthenticator } from './nkey.ts'

export type BrokerAccess = { authenticator?: Authenticator; tls?: TlsOptions }

type Settings = Pick<Config, 'dataDir' | 'natsUrl' | 'natsNkey' | 'natsCreds' | 'natsCa' | 'natsCert' | 'natsKey'>

/** The settings that count for a broker of our own: the keys that lie in the data directory, and nothing else. */
export const OWN_BROKER = {
  natsNkey: undefined,
  natsCreds: undefined,
  natsCa: undefined,
  natsCert: undefined,
  natsKey: undefined,
} satisfies Partial<Settings>

/**
 * The access of `user` to the broker at `url`. What is configured (`NATS_CREDS`, `NATS_NKEY`, a user in `NATS_URL`,
 * TLS) counts for the broker that is configured; else it is the key that the data directory has for the user, and
 * without one it comes as nobody. Throws a plain fault (78) when a file can't be used.
 */
export const accessOf = (config: Settings, url: string, user: string): BrokerAccess => {
  const counting = settingsFor(config, url)
  const tls = tlsOf(counting)
  const authenticator = authenticatorOf(counting, user)
  return { ...(tls ? { tls } : {}), ...(authenticator ? { authenticator } : {}) }
}

/**
 * `user`, where it gets in at `url` by its own key of the data directory: then it has a list of subjects, unless the
 * broker asks for no key at all.
 */
export const asItself = (config: Settings, url: string, user: string): string | undefined => {
  const { natsNkey, natsCreds, natsUrl } = settingsFor(config, url)
  const isOther = natsNkey !== undefined || natsCreds !== undefined || (natsUrl !== undefined && userIn(natsUrl))
  return !isOther && existsSync(keyFileOf(config.dataDir, user)) ? user : undefined
}

const settingsFor = (config: Settings, url: string): Settings =>
  url === config.natsUrl ? config : { ...config, ...OWN_BROKER, natsUrl: undefined }

const authenticatorOf = ({ dataDir, natsUrl, natsNkey, natsCreds }: Settings, user: string) => {
  if (natsCreds !== undefined) return credsAuthenticator(readGiven('NATS_CREDS', natsCreds))
  if (natsNkey !== undefined) return nkeyAuthenticator(readNkey(natsNkey))
  const named = natsUrl === undefined ? undefined : userIn(natsUrl)
  if (named) return usernamePasswordAuthenticator(named.name, named.password)
  const file = keyFileOf(dataDir, user)
  return existsSync(file) ? nkeyAuthenticator(readNkey(file)) : undefined
}

const tlsOf = ({ natsUrl, natsCa, natsCert, natsKey }: Settings): TlsOptions | undefined => {
  if (natsCa === undefined && natsCert === undefined && !(natsUrl && demandsTls(natsUrl))) return undefined
  const ip = natsUrl === undefined ? undefined : onlyIpOf(natsUrl)
  return {
    // The client compares the certificate with a name alone; an address it would take for localhost.
    ...(ip === undefined ? {} : { host: ip }),
    ...(natsCa === undefined ? {} : { ca: readGiven('NATS_CA', natsCa).toString('utf8') }),
    ...(natsCert === undefined ? {} : { cert: readGiven('NATS_CERT', natsCert).toString('utf8') }),
    ...(natsKey === undefined ? {} : { key: readGiven('NATS_KEY', natsKey).toString('utf8') }),
  }
}

const readGiven = (variable: string, file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw plainFault(exitCodes.configuration, `Cannot read ${variable}: ${(error as Error).message}`)
  }
}
