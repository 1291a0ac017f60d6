/** Which test files there are: those beside the code, and those of the whole system. */
import { globSync } from 'node:fs'

export type TestFiles = { units: string[]; systems: string[] }

/** All test files under `root`, as paths from there. */
export function findTestFiles(root: string): TestFiles {
  const find = (pattern: string) => globSync(pattern, { cwd: root }).sort()
  return { units: find('{src,scripts,bench}/**/*.test.ts'), systems: find('test/**/*.test.ts') }
}

/** Those whose path has one of `words` in it; all when there is no word. */
export function chooseFiles({ units, systems }: TestFiles, words: string[]): TestFiles {
  const isMeant = (file: string) => words.length === 0 || words.some(word => file.includes(word.replace(/^\.\//, '')))
  return { units: units.filter(isMeant), systems: systems.filter(isMeant) }
}
