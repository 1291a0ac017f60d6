/** Reading the one report that every runtime's test runner can write: JUnit's XML. */

export type Outcome = { name: string; outcome: 'passed' | 'failed' | 'skipped'; why: string }

const separator = ' > '
const tag = /<(\/?)(testsuite|testcase|skipped|failure|error)\b((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>([^<]*)/g

/**
 * The tests of a report, each by its whole name: the suites around it, outermost first, and its own. Node and Bun nest
 * the suites, and Bun the file around them; Deno tells of suites as of tests and writes whole names.
 */
export function readJunit(xml: string): Outcome[] {
  const suites: string[] = []
  const found: Outcome[] = []
  let current: Outcome | undefined

  for (const [, closing, kind, attributes = '', empty, text = ''] of withoutCdata(xml).matchAll(tag)) {
    const read = (name: string) => unescaped(new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
    if (kind === 'testsuite') {
      if (closing) suites.pop()
      else if (!empty) suites.push(read('name'))
    } else if (kind === 'testcase') {
      if (closing) continue
      const around = suites.filter(suite => !/\.[jt]s$/.test(suite))
      current = { name: inOneForm([...around, read('name')].join(separator)), outcome: 'passed', why: '' }
      found.push(current)
    } else if (current && !closing) {
      current.outcome = kind === 'skipped' ? 'skipped' : 'failed'
      current.why = [read('message'), unescaped(text)].filter(Boolean).join('\n').trim()
    }
  }
  return withoutSuites(found)
}

/** A suite that failed with no test of it failing fell over its own hooks: that counts. */
function withoutSuites(found: Outcome[]): Outcome[] {
  return found.filter(({ name, outcome }) => {
    const inside = found.filter(other => other.name.startsWith(`${name}${separator}`))
    if (inside.length === 0) return true
    return outcome === 'failed' && inside.every(other => other.outcome !== 'failed')
  })
}

/** Node escapes quotes twice and leaves new lines out of a name, Deno writes them as \n, Bun as they are. */
const inOneForm = (name: string): string => unescaped(name).replace(/\\n|\n/g, '')

const withoutCdata = (xml: string): string =>
  xml.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'))

function unescaped(text: string): string {
  return text
    .replace(/&#(x?)([0-9a-fA-F]+);/g, (_, hex: string, digits: string) =>
      String.fromCodePoint(Number.parseInt(digits, hex ? 16 : 10)),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
