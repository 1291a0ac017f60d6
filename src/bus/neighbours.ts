/** Buses of one process: what one of them serves, the others ask by memory; all else travels by the broker. */
import type { Clock } from '../world/clock.ts'
import type { Bus, Headers, Message, Request, Running } from './bus.ts'
import { tokensMatch } from './subject-match.ts'
import { Unavailable } from './unavailable.ts'

type Handle = (request: Request) => void
type Serving = { pattern: readonly string[]; handle: Handle }

/** Makes a bus one of several in this process. It goes on serving everybody at the broker as well. */
export type Join = (bus: Bus) => Bus

/**
 * Gives the function by which the buses of one process join each other. A question to a neighbour takes no bytes from
 * the broker, so it is answered without a connection too; what nobody here serves is asked at the broker.
 */
export const createNeighbours = (clock: Clock): Join => {
  const servings = new Set<Serving>()

  return bus => {
    const own = new Set<Running>()
    let closed = false

    const serve = (subject: string, handle: Handle): Running => {
      const serving = { pattern: subject.split('.'), handle }
      const far = bus.serve(subject, handle)
      servings.add(serving)
      const running = {
        stop: async () => {
          servings.delete(serving)
          own.delete(running)
          await far.stop()
        },
      }
      own.add(running)
      return running
    }

    return {
      ...bus,
      request: async (subject, body, options) => {
        const serving = closed ? undefined : servingOf(servings, subject)
        if (!serving) return bus.request(subject, body, options)
        return askNear(clock, serving.handle, { subject, body, headers: options.headers ?? {} }, options.timeoutMs)
      },
      serve,
      close: async () => {
        closed = true
        await Promise.all([...own].map(running => running.stop()))
        await bus.close()
      },
    }
  }
}

const servingOf = (servings: ReadonlySet<Serving>, subject: string): Serving | undefined => {
  const tokens = subject.split('.')
  for (const serving of servings) if (tokensMatch(serving.pattern, tokens)) return serving
  return undefined
}

const askNear = (clock: Clock, handle: Handle, message: Message, timeoutMs: number): Promise<Message> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () =>
      reject(new Unavailable(`No answer from ${message.subject}: nothing came within ${timeoutMs} ms`)),
    )
    // The first answer settles it; a second one changes nothing.
    const respond = (body: Uint8Array, headers: Headers = {}) => {
      cancel()
      resolve({ subject: message.subject, body, headers })
    }
    // Later, as on any other bus: whoever asks in the middle of something is not to be answered in it.
    queueMicrotask(() => handle({ ...message, respond }))
  })
