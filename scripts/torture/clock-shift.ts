/** Loaded into every process of the Kassa under torture before its own code: its wall clock is off by what a file says. */
import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 50

const file = process.env.TORTURE_CLOCK
let offsetMs = 0
const look = (): void => {
  try {
    offsetMs = Number(readFileSync(file as string, 'utf8')) || 0
  } catch {
    // No file yet: the clock is right.
    offsetMs = 0
  }
}
if (file) {
  look()
  setInterval(look, LOOK_EVERY_MS).unref()

  const RealDate = Date
  const now = (): number => RealDate.now() + offsetMs
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]))
    }
    static override now = now
  } as DateConstructor
}
