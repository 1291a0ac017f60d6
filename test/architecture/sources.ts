/** The files of the repository as text. */
import { execFileSync } from 'node:child_process'
import { globSync, lstatSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'

export type Source = { file: string; lines: string[] }

const root = resolve(import.meta.dirname, '../..')

/** Every TypeScript file below `directories`, as a path from the root with slashes. */
export function readSources(directories: string[]): Source[] {
  return globSync(`{${directories.join(',')}}/**/*.ts`, { cwd: root })
    .map(file => file.split(sep).join('/'))
    .sort()
    .map(read)
}

/** Every text file that git tracks, or would if it were added. */
export function readTracked(): Source[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed
    .split('\0')
    .filter(file => file !== '' && lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile())
    .map(read)
    .filter(({ lines }) => !lines.some(line => line.includes('\0')))
}

function read(file: string): Source {
  return { file, lines: readFileSync(join(root, file), 'utf8').trimEnd().split('\n') }
}
