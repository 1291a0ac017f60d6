/** A line of the log as a person at a terminal reads it: when, how bad, which part, what, and the facts behind it. */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

type Line = { level: number; time: string; name: string; msg?: string; pid?: number; hostname?: string }

/** The JSON line `text`, made readable; one that is no line of ours stays as it is. Ends with a line break. */
export const shownLine = (text: string): string => {
  let line: Line & Record<string, unknown>
  try {
    line = JSON.parse(text)
  } catch {
    // Somebody else wrote it.
    return text
  }
  const { level, time, name, msg = '', pid: _, hostname: __, ...facts } = line
  const head = `${time.slice(11, 23)} ${(LEVELS[level] ?? String(level)).padEnd(5)} ${name}: ${msg}`
  const shown = Object.entries(facts).map(([key, fact]) => `${key}=${shownFact(fact)}`)
  return `${[head, ...shown].join('  ')}\n`
}

/** Text as it is, a stack over several lines too; anything else as JSON. */
const shownFact = (fact: unknown): string => {
  if (typeof fact === 'string') return fact
  const stack = typeof fact === 'object' && fact !== null && 'stack' in fact ? fact.stack : undefined
  return typeof stack === 'string' ? stack : JSON.stringify(fact)
}
