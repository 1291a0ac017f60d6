/** Whether a subject is one of those that a pattern means. */

/** `*` stands for one token, `>` at the end for one or more. */
export const matches = (pattern: string, subject: string): boolean =>
  tokensMatch(pattern.split('.'), subject.split('.'))

/** The same for a pattern and a subject that are taken apart already: one message is held against many patterns. */
export function tokensMatch(wanted: readonly string[], tokens: readonly string[]): boolean {
  for (let at = 0; at < wanted.length; at++) {
    const token = wanted[at]
    if (token === '>') return tokens.length > at
    if (at >= tokens.length) return false
    if (token !== '*' && token !== tokens[at]) return false
  }
  return wanted.length === tokens.length
}
