/** A copy of the source in which something is changed: no switch for it ever ships. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COPIED = ['bin', 'bench', 'data/catalog.json', 'scripts', 'src', 'test', 'package.json', 'package-lock.json']

/** In `file`, what reads `from` reads `to`. */
export type Change = { file: string; from: string; to: string }

/** Copies the source to `directory`; the modules are shared. */
export const copySource = (directory: string): void => {
  for (const name of COPIED) {
    mkdirSync(join(directory, name, '..'), { recursive: true })
    cpSync(join(ROOT, name), join(directory, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
}

/** Makes the changes in the copy at `directory`. Throws when one is not to be made any more: the source has moved on. */
export const change = (directory: string, changes: readonly Change[]): void => {
  for (const { file, from, to } of changes) {
    const path = join(directory, file)
    const text = readFileSync(path, 'utf8')
    const places = text.split(from).length - 1
    if (places !== 1) throw new Error(`Cannot change ${file}: "${from}" is there ${places} times; mend the control`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }
}
