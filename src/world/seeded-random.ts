/** Chance from a seed: the same seed, the same run. For tests and simulation only; anybody can guess what comes next. */
import type { Random } from './random.ts'

export type SeededRandom = Random & {
  /** A whole number, 0 ≤ number < `below`. */
  integer: (below: number) => number
  /** One of `list`, which must not be empty. */
  pick: <T>(list: readonly T[]) => T
}

/** Draws from the generator sfc32 (Chris Doty-Humphrey, PractRand), started from `seed`. */
export function createSeededRandom(seed: number): SeededRandom {
  let [a, b, c, counter] = [0x9e3779b9, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 1]
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  // Neighbouring seeds begin alike; after some draws nothing of that is left.
  for (let warmUp = 0; warmUp < 15; warmUp++) draw()

  const fraction = () => draw() / 2 ** 32
  const integer = (below: number) => Math.floor(fraction() * below)
  const bytes = (length: number) => {
    const drawn = Buffer.allocUnsafe(length)
    for (let at = 0; at < length; at++) drawn[at] = draw()
    return drawn
  }

  return {
    bytes,
    fraction,
    integer,
    pick: list => {
      if (list.length === 0) throw new Error('Cannot pick from an empty list: give at least one element')
      return list[integer(list.length)]!
    },
    uuid: () => {
      const octets = bytes(16)
      // Version 4, variant 1 (RFC 9562), so that it passes wherever a real one does.
      octets[6] = (octets[6]! & 0x0f) | 0x40
      octets[8] = (octets[8]! & 0x3f) | 0x80
      const hex = octets.toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    },
  }
}
