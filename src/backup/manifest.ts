/** The manifest of a backup: which stores it holds, where each log ends, and what every file hashes to. */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { ACCESS_KEYS } from '../access/key-file.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { writeSafely } from './safe-files.ts'

/** A later layout of a backup gets the next number; this version reads up to its own. */
const FORMAT = 1

const file = z.object({ name: z.string(), bytes: z.number().int(), sha256: z.string() })
const manifestSchema = z.object({
  format: z.number().int(),
  /** The version of Kassa that made it. */
  kassa: z.string(),
  made_at: z.string(),
  stores: z.array(
    z.object({
      actor: z.string(),
      cell: z.number().int(),
      /** Number and chain of the last entry. */
      head: z.number().int(),
      chain: z.string(),
      files: z.array(file),
    }),
  ),
  /** The hashes of the access keys; absent where nobody had made any. */
  access: file.extend({ name: z.literal(ACCESS_KEYS) }).optional(),
})

export type Manifest = z.infer<typeof manifestSchema>
export type StoreInBackup = Manifest['stores'][number]
export type FileInBackup = z.infer<typeof file>

const NAME = 'backup.json'

/** Written last: a directory without it is no backup. */
export const writeManifest = (directory: string, manifest: Omit<Manifest, 'format'>): void =>
  writeSafely(join(directory, NAME), `${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`)

/** The manifest in `directory`. Throws a plain fault where there is none, or one of a newer Kassa. */
export const readManifest = (directory: string): Manifest => {
  let text: string
  try {
    text = readFileSync(join(directory, NAME), 'utf8')
  } catch {
    throw plainFault(
      exitCodes.configuration,
      `Cannot restore from ${directory}: there is no ${NAME} in it; give the directory of a backup that was finished`,
    )
  }
  const parsed: unknown = JSON.parse(text)
  const { format } = z.object({ format: z.number() }).parse(parsed)
  if (format > FORMAT)
    throw plainFault(
      exitCodes.configuration,
      `Cannot restore from ${directory}: a newer Kassa made it (format ${format}, known up to ${FORMAT}); use that one`,
    )
  return manifestSchema.parse(parsed)
}

/** What a file hashes to, read from the disk. */
export const describeFile = async (directory: string, name: string): Promise<FileInBackup> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(directory, name)), hash)
  return { name, bytes: statSync(join(directory, name)).size, sha256: hash.digest('hex') }
}
