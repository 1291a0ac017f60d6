/** Whether a subject is one of those that a pattern means. */

/** `*` stands for one token, `>` at the end for one or more. */
export const matches = (pattern: string, subject: string): boolean =>
  tokensMatch(pattern.split('.'), subject.split('.'))

/** The same for a pattern and a subject that are taken apart already: one message is held against many patterns. */
export function tokensMatch(wanted: readonly string[], tokens: readonly string[]): boolean {
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index
    if (index >= tokens.length) return false
    if (token !== '*' && token !== tokens[index]) return false
  }
  return wanted.length === tokens.length
}
