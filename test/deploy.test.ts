/** What lies in deploy/: every metric that a dashboard or an alert uses exists, with its labels. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { FAMILIES, type Family } from '../src/metrics/families.ts'

const fileOf = (name: string): string => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8')

type Panel = { title: string; type: string; description?: string; targets?: { expr: string; legendFormat: string }[] }
const dashboard = JSON.parse(fileOf('grafana-dashboard.json')) as { title: string; panels: Panel[] }
const alerts = fileOf('prometheus-alerts.yml')

const families: Record<string, Family> = FAMILIES
/** Besides `process`, which all have. */
const LABELS = ['process', 'le', 'route', 'method', 'status', 'outcome', 'reason', 'source', 'type', 'endpoint']

/** The family that a name in an expression is of; of a histogram its parts are asked for. */
const familyOf = (name: string): Family | undefined => {
  const whole = families[name]
  if (whole) return whole.type === 'histogram' ? undefined : whole
  const part = families[name.replace(/_(bucket|sum|count)$/, '')]
  return part?.type === 'histogram' ? part : undefined
}

const faultsOf = (expression: string): string[] => {
  const unknown = [...expression.matchAll(/\bkassa_\w+/g)].filter(([name]) => !familyOf(name)).map(([name]) => name)
  const labels = [...expression.matchAll(/(\w+)=~?"/g), ...expression.matchAll(/\bby \(([^)]*)\)/g)]
  const named = labels.flatMap(([, names = '']) => names.split(/,\s*/))
  const counters = [...expression.matchAll(/\b(rate|increase)\((\w+)/g)].filter(
    ([, , name = '']) => familyOf(name)?.type === 'gauge',
  )
  return [
    ...unknown,
    ...named.filter(name => !LABELS.includes(name)),
    ...counters.map(([text]) => `${text}: a gauge has no rate`),
  ]
}

describe('the Grafana dashboard', () => {
  const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })))

  it('uses metrics and labels that there are', () => {
    assert.ok(targets.length > 20)
    assert.deepEqual(
      targets.flatMap(({ title, expr }) => faultsOf(expr).map(fault => `${title}: ${fault}`)),
      [],
    )
  })

  it('names in its legends labels that there are', () => {
    const named = targets.flatMap(({ legendFormat }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name),
    )
    assert.deepEqual(
      named.filter(name => !LABELS.includes(name as string)),
      [],
    )
  })

  it('has panels that do not lie upon each other', () => {
    const cells = (dashboard.panels as (Panel & { gridPos: { x: number; y: number; w: number; h: number } })[]).flatMap(
      ({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    assert.equal(new Set(cells).size, cells.length)
  })
})

describe('the alerts', () => {
  // Each rule as its text: what a rule has stands in lines of its own.
  const rules = alerts.split(/^ {6}- alert: /m).slice(1)

  it('use metrics and labels that there are', () => {
    assert.ok(rules.length > 10)
    for (const rule of rules) {
      const expression = /^ {8}expr: (\|\n(?: {10}.*\n)+|.*\n)/m.exec(rule)?.[1]
      assert.ok(expression, rule)
      assert.match(expression, /kassa_/)
      assert.deepEqual(faultsOf(expression), [], rule)
    }
  })

  it('say what is the matter, where to begin, and how urgent it is', () => {
    for (const rule of rules) {
      assert.match(rule, /^Kassa[A-Za-z]+\n/)
      assert.match(rule, /^ {8}labels: \{ severity: (page|warn) \}$/m)
      assert.match(rule, /^ {10}summary: \S/m)
      assert.match(rule, /^ {10}description: \S/m)
    }
  })
})
