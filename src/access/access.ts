/** The keys as a process that asks for them knows them: read again when their files change. */
import { readFileSync } from 'node:fs'
import { stampOf } from '../configuration/file-stamp.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../world/clock.ts'
import { type Caller, hashOf, idIn, isActive, isKey, type KeptKey, OPERATOR_NAME } from './access-key.ts'
import { createJwtReader, type JwtWish } from './jwt.ts'
import { keyFileIn, readKeys } from './key-file.ts'

export type Access = {
  /** Whether a key is needed. Once it is, it stays so for as long as the process runs. */
  isOn: () => boolean
  /** Whose key it is; `undefined` where it is nobody's, not any more, or not a key. Rejects with `KeysAway`. */
  callerWith: (key: string) => Caller | undefined | Promise<Caller | undefined>
}

/** Nobody made a key: nobody is asked for one. */
export const OPEN: Access = { isOn: () => false, callerWith: () => undefined }

/** A key that was revoked lets in no longer than this. */
const LOOK_EVERY_MS = 250

/** A key of a person's own making, for containers and systemd credentials: nothing that could be guessed. */
const OWN_KEY = /^[A-Za-z0-9_-]{32,200}$/

export type AccessFiles = { dataDir: string; operatorKeyFile?: string | undefined; jwt?: JwtWish | undefined }

/** Reads the keys. Throws a plain fault where one of the files cannot be used. */
export const createAccess = (files: AccessFiles, clock: Clock, log: Log): Access => {
  const path = keyFileIn(files.dataDir)
  let keys: readonly KeptKey[] = []
  let operatorHash: string | undefined
  let stamps = ''
  let lookedAt = Number.NEGATIVE_INFINITY
  const readToken = files.jwt && createJwtReader(files.jwt, clock)
  let on = readToken !== undefined

  const read = () => {
    const found = [stampOf(path), files.operatorKeyFile === undefined ? '' : stampOf(files.operatorKeyFile)].join()
    if (found === stamps && lookedAt !== Number.NEGATIVE_INFINITY) return
    // Until they can be read, the keys are none.
    keys = []
    operatorHash = undefined
    keys = readKeys(path) ?? []
    operatorHash = files.operatorKeyFile === undefined ? undefined : hashOf(ownKeyIn(files.operatorKeyFile))
    stamps = found
    on ||= keys.length > 0 || operatorHash !== undefined
  }
  const look = () => {
    if (clock.monotonic() - lookedAt < LOOK_EVERY_MS) return
    lookedAt = clock.monotonic()
    try {
      read()
    } catch (fault) {
      // Without them nobody is let in; a person has to put the file right.
      on = true
      log.error({ fault: (fault as Error).message }, 'the keys cannot be read: nobody is let in')
    }
  }
  read()
  lookedAt = clock.monotonic()

  return {
    isOn: () => {
      look()
      return on
    },
    callerWith: text => {
      look()
      const id = idIn(text)
      const kept = keys.find(key => key.id === id)
      // An unknown id costs the same comparison.
      const isRight = isKey(text, kept?.hash ?? '')
      if (kept && isRight && isActive(kept, clock.now())) return { name: kept.name, role: kept.role, user: kept.user }
      if (operatorHash !== undefined && isKey(text, operatorHash)) return { name: OPERATOR_NAME, role: 'operator' }
      return readToken?.(text)
    },
  }
}

/** Whether anybody could get in at all with what lies there. */
export const hasKey = ({ dataDir, operatorKeyFile, jwt }: AccessFiles, nowMs: number): boolean =>
  jwt !== undefined ||
  (operatorKeyFile === undefined
    ? (readKeys(keyFileIn(dataDir)) ?? []).some(key => isActive(key, nowMs))
    : ownKeyIn(operatorKeyFile) !== '')

const ownKeyIn = (path: string): string => {
  const text = textOf(path).trim()
  if (OWN_KEY.test(text)) return text
  throw plainFault(
    exitCodes.configuration,
    `Cannot use KASSA_OPERATOR_KEY_FILE ${path}: it should hold one key of 32 to 200 of the characters A-Z a-z 0-9 _ -`,
  )
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    throw plainFault(exitCodes.configuration, `Cannot read KASSA_OPERATOR_KEY_FILE ${path} (${code})`)
  }
}
