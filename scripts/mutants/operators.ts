/** Mechanical changes of a source text, one at a time: what a slip of the hand might have been. */

/** In line `line` (from 1) of `file`, `before` became `after`. */
export type Mutant = { file: string; line: number; before: string; after: string; text: string }

/** With the spaces around it an operator is none of a type. */
const SWAPS: readonly [from: string, to: string][] = [
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' < ', ' <= '],
  [' <= ', ' < '],
  [' > ', ' >= '],
  [' >= ', ' > '],
  [' && ', ' || '],
  [' || ', ' && '],
  [' + ', ' - '],
  [' - ', ' + '],
  ['true', 'false'],
  ['false', 'true'],
  ['if (!', 'if ('],
  ['if (', 'if (!'],
]

/** A line that does something and gives nothing: it can be left out. */
const STATEMENT = /^\s+(?:await )?[\w.?!]+(?:\(.*\)| (?:=|\+=|-=) [^{[(]+|\+\+)$/
const NO_CODE = /^\s*(?:\/\/|\/?\*|import |export type |type )/
const IN_A_STRING = /'[^']*'|`[^`]*`/g

/** All mutants of a file. */
export const mutantsOf = (file: string, text: string): Mutant[] => {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (NO_CODE.test(line) || / \| .*;?$/.test(line.replace(IN_A_STRING, ''))) return []
    const changed = (after: string): Mutant => ({
      file,
      line: index + 1,
      before: line.trim(),
      after: after.trim(),
      text: [...lines.slice(0, index), after, ...lines.slice(index + 1)].join('\n'),
    })
    // What stands in a string is no code: its place is kept, its text is not looked at.
    const code = line.replace(IN_A_STRING, string => '·'.repeat(string.length))
    const swaps = SWAPS.flatMap(([from, to]) => {
      const at = code.indexOf(from)
      const isNegated = from === 'if (' && code.startsWith('if (!', at)
      if (at < 0 || isNegated) return []
      if (from === 'if (') return negated(line, at)
      if (from === 'if (!')
        return line[at + 5] === '(' ? [] : [`${line.slice(0, at)}${to}${line.slice(at + from.length)}`]
      return [`${line.slice(0, at)}${to}${line.slice(at + from.length)}`]
    })
    const removed = STATEMENT.test(line) ? [''] : []
    return [...swaps, ...removed].map(changed)
  })
}

/** `if (a && b) …` with the whole condition turned round, where it ends on this line. */
const negated = (line: string, at: number): string[] => {
  let depth = 0
  for (let index = at + 3; index < line.length; index++) {
    if (line[index] === '(') depth++
    if (line[index] === ')') depth--
    if (depth === 0) return [`${line.slice(0, at + 3)}(!${line.slice(at + 3, index + 1)})${line.slice(index + 1)}`]
  }
  return []
}
