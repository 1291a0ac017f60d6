/** A nats-server that has met a full disk: ended when there is room again, so that it is started anew. */
import type { Cancel, Clock } from '../../world/clock.ts'

/**
 * A server is let be for so long, ms: as long as a supervisor waits until it calls a part steady. So these ends never
 * come to look like a part that dies again and again.
 */
const letBeMs = 10_000
const lookEveryMs = 2_000

export type StuckPorts = {
  clock: Clock
  /** The streams that take nothing more, a line each. */
  faults: () => Promise<string[]>
  hasRoom: () => boolean
  /** Ends the server; whoever keeps it running starts it again. */
  end: () => void
  say: (line: string) => void
}

/** Watches one server until its end, or until the returned function is called. */
export function endWhenStuck({ clock, faults, hasRoom, end, say }: StuckPorts): Cancel {
  let told = false
  let cancel: Cancel = () => {}
  let over = false
  let blind = ''

  const look = async (): Promise<void> => {
    const [fault] = await faults()
    if (over) return
    if (fault !== undefined && hasRoom()) {
      say(`nats-server is started anew, now that there is room on the disk: ${fault}`)
      end()
      over = true
      return
    }
    if (fault !== undefined && !told) say(`There is no room on the disk, and nats-server can't go on: ${fault}`)
    told = fault !== undefined
    blind = ''
  }
  const tellBlind = (error: unknown): void => {
    const line = `Cannot see how nats-server is: ${String(error)}`
    if (line !== blind) say(line)
    blind = line
  }
  const lookAgain = (ms: number): void => {
    cancel = clock.after(ms, async () => {
      try {
        await look()
      } catch (error) {
        // No file handle, no right to the directory: that may pass, and the server is stuck all the same.
        tellBlind(error)
      } finally {
        if (!over) lookAgain(lookEveryMs)
      }
    })
  }
  lookAgain(letBeMs)

  return () => {
    over = true
    cancel()
  }
}
