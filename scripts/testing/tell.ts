/** What is said of a test file that has ended: a line, and more where something failed. */
import { inspect } from 'node:util'
import { countsLine, skippedNote } from './counts.ts'
import type { FileResult } from './run-file.ts'

const outputMost = 6_000

/** One line and its tables when all is well; every failure in full otherwise; with `outline` all tests and all output. */
export function tellFile(result: FileResult, outline: boolean): string {
  const { file, ms, passed, failures, skipped } = result
  const failed = failures.length
  const lines = [
    `${failed > 0 ? '✖' : '✔'} ${file}  ${countsLine({ passed, failed })}${skippedNote(skipped.length)}  ${seconds(ms)}`,
  ]

  if (outline) lines.push(...result.outline.map(line => indented(line, 4)))
  else lines.push(...skipped.map(name => `    - skipped: ${name}`), ...(failed > 0 ? [] : tablesIn(result.output)))
  for (const { name, error } of failures) lines.push('', `  ✖ ${name}`, indented(shown(error), 6), '')

  const output = result.output.trim()
  if (output && (outline || failed > 0)) lines.push('    it wrote:', indented(output.slice(-outputMost), 6))
  return lines.join('\n')
}

/** What a test drew as a table is there to be read, also when all is well. */
const tablesIn = (output: string): string[] =>
  output
    .split('\n')
    .filter(line => /^[┌│├└]/.test(line))
    .map(line => indented(line, 4))

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const shown = (error: unknown): string => (typeof error === 'string' ? error : inspect(error, { depth: 6 }))

const indented = (text: string, by: number): string =>
  text
    .split('\n')
    .map(line => `${' '.repeat(by)}${line}`)
    .join('\n')
