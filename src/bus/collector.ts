/** Gathers what callbacks are given, so that a test can await it instead of sleeping. */
export type Collector<T> = {
  add: (item: T) => void
  /** Everything so far. */
  all: T[]
  /** Resolves with the first `count` items, as soon as there are so many. */
  first: (count: number) => Promise<T[]>
}

export function createCollector<T>(): Collector<T> {
  const all: T[] = []
  const waiting: { count: number; resolve: (items: T[]) => void }[] = []

  return {
    all,
    add: item => {
      all.push(item)
      for (const { count, resolve } of waiting) if (all.length >= count) resolve(all.slice(0, count))
    },
    first: count =>
      new Promise(resolve => {
        if (all.length >= count) resolve(all.slice(0, count))
        else waiting.push({ count, resolve })
      }),
  }
}
