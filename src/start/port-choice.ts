/** A port that is chosen once, and again only as long as nothing has answered on it. */
import { choosePort, type Wish } from '../processes/ports.ts'

export type PortChoice = {
  /** The port as chosen so far. */
  current(): number
  /** The port for the next try: another one when an earlier try failed and any will do. */
  next(): Promise<number>
  /** From now on it stays: others have been told. */
  settle(): void
}

/** Chooses now; throws (exit code 69) when the port that was asked for is taken. */
export async function portChoice(wish: Wish, say: (line: string) => void): Promise<PortChoice> {
  let port = await choosePort(wish, say)
  let settled = wish.asked && wish.port !== 0
  let tried = false

  return {
    current: () => port,
    async next() {
      // The try before this one may have failed because another process was quicker to take the port.
      if (tried && !settled) port = await choosePort(wish, say)
      tried = true
      return port
    },
    settle() {
      settled = true
    },
  }
}
