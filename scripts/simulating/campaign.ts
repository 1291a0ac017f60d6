/** A campaign: more seeds than one sitting allows, kept in a file, and begun anew when the code is another one. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyTally, type Tally } from './tally.ts'

type Kept = Tally & { code: string }

/** What decides how a seed runs: the product, the simulation, and what they are built on. */
const CODE = ['src', 'test/simulation']
const LOCK = 'package-lock.json'

/** Names the code under `root`, tests apart: the same name, the same runs. */
export const codeName = (root: string): string => {
  const hash = createHash('sha256').update(readFileSync(join(root, LOCK)))
  for (const folder of CODE)
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (file.endsWith('.ts') && !file.endsWith('.test.ts'))
        hash.update(`${folder}/${file}\n`).update(readFileSync(join(root, folder, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Goes on with the campaign in `path` where it is of this code and begins with the same seed; else gives an empty one. */
export const resume = (path: string, code: string, from: number): Tally => {
  if (!existsSync(path)) return emptyTally(from)
  const { code: before, ...tally } = JSON.parse(readFileSync(path, 'utf8')) as Kept
  return before === code && tally.from === from ? tally : emptyTally(from)
}

/** Keeps the campaign. */
export const keep = (path: string, code: string, tally: Tally): void => {
  writeFileSync(`${path}.new`, `${JSON.stringify({ code, ...tally }, undefined, 2)}\n`)
  renameSync(`${path}.new`, path)
}
