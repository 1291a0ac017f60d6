/** Following a log stream in memory. */
import type { Running } from './bus.ts'
import type { MemoryClient } from './memory-client.ts'
import type { Stored } from './memory-stream.ts'

export type MemoryFollowing = {
  from: number
  reader: string
  deliver: (stored: Stored) => void
  broken: (reason: string) => void
}

/** Delivers from `from` on until it is stopped or breaks. */
export function follow(
  client: MemoryClient,
  stream: string,
  { from, reader, deliver, broken }: MemoryFollowing,
): Running {
  let ended = false
  let forget: () => void = () => {}

  const end = () => {
    ended = true
    forgetConnection()
    forget()
  }
  const breakOff = (reason: string) => {
    if (ended || client.over()) return
    end()
    broken(`${reader} on ${stream}: ${reason}`)
  }

  const forgetConnection = client.onConnection(connected => {
    if (!connected) breakOff('the connection to the broker was lost')
  })
  if (!client.connected()) client.clock.soon(() => breakOff('there is no connection to the broker'))

  client.send(way => {
    const there = client.core.stream(stream)
    if (!there) return client.sendBack(way, () => breakOff('stream not found'))
    if (!way.open || ended) return

    forget = client.core.follow({
      stream: there,
      next: from,
      deliver: batch =>
        client.sendBack(way, () => {
          for (const stored of batch) if (!ended) deliver(stored)
        }),
      broken: reason => client.sendBack(way, () => breakOff(reason)),
    })
    way.atBreak.add(forget)
  })

  return {
    stop: async () => {
      if (!ended) end()
    },
  }
}
