/** Reading what `/metrics` says, as strictly as Prometheus does. */
import assert from 'node:assert/strict'

export type Exposed = {
  types: Map<string, string>
  value: (name: string, labels?: Record<string, string>) => number | undefined
  names: Set<string>
}

const SAMPLE = /^([a-z_]+)(?:\{([^}]*)\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/

/** Throws at a line that is none, at a figure without HELP and TYPE above it, and where one is told twice. */
export const readExposition = (text: string): Exposed => {
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const helped = new Set<string>()
  const values = new Map<string, number>()
  let family = ''

  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      assert.ok(!helped.has(name), `${name} is helped once`)
      helped.add(name)
    } else if (keyword === 'TYPE') {
      assert.ok(helped.has(name) && !types.has(name), `${name} has a HELP before its one TYPE`)
      types.set(name, rest)
      family = name
    } else {
      const [, figure = '', labels = '', value] = SAMPLE.exec(line) ?? []
      assert.ok(figure, `a figure: ${line}`)
      const base = types.get(family) === 'histogram' ? figure.replace(/_(bucket|sum|count)$/, '') : figure
      assert.equal(base, family, 'a figure stands below its family')
      const key = keyOf(figure, labelsIn(labels))
      assert.ok(!values.has(key), `${key} is told once`)
      values.set(key, Number(value))
    }
  }
  return {
    types,
    names: new Set(types.keys()),
    value: (name, labels = {}) => values.get(keyOf(name, labels)),
  }
}

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]))

const keyOf = (name: string, labels: Record<string, string>): string =>
  `${name} ${JSON.stringify(Object.entries(labels).sort())}`
