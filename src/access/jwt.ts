/** JSON Web Tokens of somebody else's login: whose `sub` is a user, who sees that user's things alone. */
import { readFileSync } from 'node:fs'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Clock } from '../world/clock.ts'
import { boundUser, type Caller } from './access-key.ts'

/** One algorithm, so that no token chooses how it is checked; `jwks` is a URL, or the path of a file: the issuer's public keys (RFC 7517). */
export type JwtWish = { issuer: string; audience: string; jwks: string; algorithm: Config['jwtAlgorithm'] }

type JwtConfig = Pick<Config, 'jwtIssuer' | 'jwtAudience' | 'jwtKeys' | 'jwtAlgorithm'>

/** What is wished for; `undefined` where nothing is. Throws a plain fault (78) for a part of it. */
export const jwtOf = ({ jwtIssuer, jwtAudience, jwtKeys, jwtAlgorithm }: JwtConfig): JwtWish | undefined => {
  if (jwtIssuer === undefined && jwtAudience === undefined && jwtKeys === undefined) return undefined
  if (jwtIssuer !== undefined && jwtAudience !== undefined && jwtKeys !== undefined)
    return { issuer: jwtIssuer, audience: jwtAudience, jwks: jwtKeys, algorithm: jwtAlgorithm }
  throw plainFault(
    exitCodes.configuration,
    'Cannot let users in by tokens: KASSA_JWT_ISSUER, KASSA_JWT_AUDIENCE and KASSA_JWT_JWKS go together',
  )
}

/** The keys of the issuer cannot be had at present: nobody knows whether the token is right. */
export class KeysAway extends Error {
  override name = 'KeysAway'
}

/** The issuer's clock may be wrong by this. */
const TOLERANCE_S = 5
/** RFC 7519 sets no limit; a header may have 16 KB, and a token that names a user is shorter. */
const LONGEST = 8_192
const FETCH_MS = 3_000

/** Gives the reader of tokens. Throws a plain fault (78) where the keys are a file that cannot be used. */
export const createJwtReader = ({ issuer, audience, jwks, algorithm }: JwtWish, clock: Clock) => {
  const keys = keysAt(jwks)
  return async (token: string): Promise<Caller | undefined> => {
    if (token.length > LONGEST || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [algorithm],
        requiredClaims: ['sub', 'exp'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(clock.now()),
      })
      const user = boundUser.safeParse(payload.sub)
      return user.success ? { name: `user:${user.data}`, role: 'client', user: user.data } : undefined
    } catch (fault) {
      if (isAboutTheToken(fault)) return undefined
      throw new KeysAway('The keys of KASSA_JWT_JWKS cannot be had', { cause: fault })
    }
  }
}

// What is thrown while the keys are fetched is about them.
const isAboutTheToken = (fault: unknown): boolean =>
  fault instanceof errors.JOSEError &&
  !(fault instanceof errors.JWKSTimeout) &&
  !(fault instanceof errors.JWKSInvalid) &&
  fault.code !== 'ERR_JOSE_GENERIC'

const keysAt = (place: string): JWTVerifyGetKey => {
  if (/^https?:/.test(place)) return createRemoteJWKSet(new URL(place), { timeoutDuration: FETCH_MS })
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(place, 'utf8')) as JSONWebKeySet)
  } catch (fault) {
    const reason = (fault as NodeJS.ErrnoException).code ?? (fault as Error).message
    throw plainFault(exitCodes.configuration, `Cannot read the keys of KASSA_JWT_JWKS ${place}: ${reason}`)
  }
}
