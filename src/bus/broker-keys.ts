/** The keys by which processes and people prove to the broker who they are: an nkey seed a file. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { exitCodes, plainFault } from '../exit.ts'
import { type Nkey, nkeyOf } from './nkey.ts'

/** Where the seed of `user` lies. */
export const keyFileOf = (dataDir: string, user: string): string => join(dataDir, 'nats-keys', `${user}.nk`)

/**
 * The public key of `user`, whose seed is made when there is none yet. Only its owner may read the file (0600, its
 * directory 0700). Throws a plain fault (78) for a file that holds no seed.
 */
export const publicKeyOf = (dataDir: string, user: string): string => {
  const file = keyFileOf(dataDir, user)
  if (!existsSync(file)) makeKey(file)
  return readNkey(file).publicKey
}

/** The key in `file`. Throws a plain fault (78) when there is none. */
export const readNkey = (file: string): Nkey => {
  try {
    return nkeyOf(Buffer.from(readFileSync(file, 'utf8').trim()))
  } catch (error) {
    // Never what was in the file.
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = /^E[A-Z]+$/.test(code) ? code : 'it holds no nkey seed'
    throw plainFault(
      exitCodes.configuration,
      `Cannot use the key ${file}: ${reason}; move it away, and the next start makes another`,
    )
  }
}

// Beside and linked, on the disk before that: after a power cut there is a whole seed or none, and who comes second
// takes that of the first.
const makeKey = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const beside = `${file}.${process.pid}`
  const handle = openSync(beside, 'w', 0o600)
  try {
    writeSync(handle, `${Buffer.from(createUser().getSeed()).toString('utf8')}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    linkSync(beside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(beside)
  }
}
