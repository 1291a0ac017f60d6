/** Where others could reach Kassa it starts only when nobody gets in without a key, or could listen to one; and never to be broken. */
import type { Config } from '../config.ts'
import { isLoopback } from '../configuration/loopback.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { hasKey } from './access.ts'
import { jwtOf } from './jwt.ts'

type Wish = Pick<Config, 'host' | 'dataDir' | 'operatorKeyFile' | 'trustProxy' | 'tlsCert' | 'demo'> &
  Parameters<typeof jwtOf>[0]

/** Throws a plain fault (78) that names every way out. */
export const refuseUnsafeStart = ({ host, trustProxy, tlsCert, demo, ...config }: Wish, nowMs: number): void => {
  if (demo) refuseDemoForOthers(host, trustProxy)
  const files = { ...config, jwt: jwtOf(config) }
  if (isLoopback(host)) return

  const lacks = [
    ...(hasKey(files, nowMs)
      ? []
      : ['there is no key: make one with npm start -- keys create --role operator, or give KASSA_OPERATOR_KEY_FILE']),
    ...(trustProxy || tlsCert !== undefined
      ? []
      : [
          'keys would travel in the clear: give KASSA_TLS_CERT and KASSA_TLS_KEY, or KASSA_TRUST_PROXY=on where a proxy in front ends TLS',
        ]),
  ]
  if (lacks.length === 0) return
  const ways = [...lacks, 'or stay on this machine: KASSA_HOST=127.0.0.1'].map(line => `  ${line}`).join('\n')
  throw plainFault(exitCodes.configuration, `Cannot listen on ${host}, where others can reach it:\n${ways}`)
}

const refuseDemoForOthers = (host: string, trustProxy: boolean): void => {
  if (!isLoopback(host)) throw demoFault(`KASSA_HOST=${host}`)
  if (trustProxy) throw demoFault('KASSA_TRUST_PROXY=on')
}

const demoFault = (opened: string) =>
  plainFault(
    exitCodes.configuration,
    `Cannot start with KASSA_DEMO=1 and ${opened}: others could break this Kassa; unset one of them`,
  )
