/** Figures as Prometheus reads them: its text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
import { FAMILIES, type Family } from './families.ts'
import type { Figure, Labels, Spread } from './figure.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The text: every family that has figures, with its HELP and TYPE. Figures of no known family are left out. */
export const expose = (figures: readonly Figure[]): string => {
  const byName = Map.groupBy(figures, ({ name }) => name)
  const lines: string[] = []
  for (const [name, { type, help }] of Object.entries<Family>(FAMILIES)) {
    const own = byName.get(name)
    if (!own) continue
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const figure of own) lines.push(...linesOf(figure))
  }
  return `${lines.join('\n')}\n`
}

const linesOf = (figure: Figure): string[] =>
  'value' in figure ? [`${figure.name}${labelText(figure.labels)} ${figure.value}`] : spreadLines(figure)

/** Buckets are cumulative: each counts all that is not above its bound. */
const spreadLines = ({ name, labels, bounds, counts, sum }: Spread): string[] => {
  let below = 0
  const buckets = counts.map((count, at) => {
    below += count
    return `${name}_bucket${labelText({ ...labels, le: String(bounds[at] ?? '+Inf') })} ${below}`
  })
  return [...buckets, `${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${below}`]
}

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
