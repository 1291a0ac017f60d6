/** The known name that somebody who mistyped most likely meant. */

/** Two letters wrong, or a third of a short name: beyond that a suggestion confuses more than it helps. */
const farthest = (name: string) => Math.max(2, Math.floor(name.length / 3))

/** The nearest of `names` to `typed` by edit distance, or undefined when none is near. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map(name => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]

  return best && best.distance <= farthest(best.name) ? best.name : undefined
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
