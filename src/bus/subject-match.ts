/** Whether a subject is one of those that a pattern means. */

/** `*` stands for one token, `>` at the end for one or more. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index
    if (index >= tokens.length) return false
    if (token !== '*' && token !== tokens[index]) return false
  }
  return wanted.length === tokens.length
}
