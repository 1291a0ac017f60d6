/** Which file imports which: read from the text, types included. */
import { posix } from 'node:path'
import type { Source } from './sources.ts'

/** Paths from the root; packages and `node:` modules are left out. */
export type Imports = Map<string, string[]>

const relativeImport = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']*)'/g

export function readImports(sources: Source[]): Imports {
  return new Map(
    sources.map(({ file, lines }) => {
      const targets = [...lines.join('\n').matchAll(relativeImport)].map(([, to = '']) =>
        posix.join(posix.dirname(file), to),
      )
      return [file, [...new Set(targets)]]
    }),
  )
}

/** Every group of files of which each reaches each, by Tarjan's algorithm; an import of oneself counts. */
export function cyclesOf(imports: Imports): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const cycles: string[][] = []

  const visit = (file: string): number => {
    order.set(file, order.size)
    let low = order.get(file)!
    open.push(file)
    for (const to of imports.get(file) ?? []) {
      if (!order.has(to)) low = Math.min(low, visit(to))
      else if (open.includes(to)) low = Math.min(low, order.get(to)!)
    }
    lowest.set(file, low)
    if (low === order.get(file)) {
      const group = open.splice(open.indexOf(file))
      if (group.length > 1 || imports.get(file)?.includes(file)) cycles.push(group)
    }
    return low
  }
  for (const file of imports.keys()) if (!order.has(file)) visit(file)
  return cycles
}
