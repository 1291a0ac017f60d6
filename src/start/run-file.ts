/** The run file: which process runs on this data, and where it answers. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const runSchema = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  /** Missing until the gateway answers. */
  url: z.string().optional(),
  natsUrl: z.string().optional(),
})

export type Run = z.infer<typeof runSchema>

/** What runs on `dataDir`; undefined when nothing says so. Believe it only while the data are locked. */
export function readRunFile(dataDir: string): Run | undefined {
  try {
    return runSchema.safeParse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8'))).data
  } catch {
    // Not there, or left half-written by a machine that went down: nothing to tell.
    return undefined
  }
}

/** Written beside and renamed, since another start may read it at any moment. */
export function writeRunFile(dataDir: string, run: Run): void {
  const beside = `${fileOf(dataDir)}.${process.pid}`
  // Only for the owner: a NATS_URL may carry a password.
  writeFileSync(beside, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
  renameSync(beside, fileOf(dataDir))
}

export function removeRunFile(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true })
}

const fileOf = (dataDir: string) => join(dataDir, 'kassa.json')
