/** The clients' journal: every request is on the disk before it is sent, and what came back of it after. */
import { closeSync, createReadStream, fdatasync, openSync, write } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** A request as it is about to be sent; each attempt has a number of its own. `key` is its Idempotency-Key, if it has one. */
export type Sent = {
  line: 'sent'
  attempt: number
  at: number
  key: string | null
  command: CommandName
  path: string
  body: Record<string, unknown>
}
/** What came back. Whatever was sent and has no such line, or a 5xx, is unknown. */
export type Got = { line: 'got'; attempt: number; at: number; status: number; text: string }
/** The status of an order, as somebody read it. */
export type Seen = { line: 'seen'; at: number; order: string; status: string }
/** From here back, queued commands that were accepted and not yet worked off may be gone: their stream was destroyed. */
export type QueueDestroyed = { line: 'queue destroyed'; at: number }

export type JournalLine = Sent | Got | Seen | QueueDestroyed

/** Commands that clients send, by the name under which the logs know them. */
export type CommandName =
  | 'CreateUser'
  | 'PutMoney'
  | 'CreateOrder'
  | 'CancelOrder'
  | 'RefundOrder'
  | 'SendLetter'
  | 'RegisterUser'
  | 'PlaceOrder'
  | 'Withdraw'

export type Journal = {
  /** Resolves when the line is on the disk; lines that come together share a sync. */
  sync: (line: JournalLine) => Promise<void>
  /** Writes a line that nothing waits for; it is on the disk with the next sync. */
  note: (line: JournalLine) => void
  close: () => Promise<void>
}

const writeText = promisify(write) as (file: number, text: string) => Promise<unknown>
const syncData = promisify(fdatasync)

/** Opens the journal at `path` for writing. */
export const openJournal = (path: string): Journal => {
  const file = openSync(path, 'a')
  let waiting: string[] = []
  let told: (() => void)[] = []
  let failed: ((fault: unknown) => void)[] = []
  let writing: Promise<void> | undefined

  const writeOut = async (): Promise<void> => {
    while (waiting.length > 0) {
      const [text, resolve, reject] = [waiting.join(''), told, failed]
      waiting = []
      told = []
      failed = []
      try {
        await writeText(file, text)
        await syncData(file)
        for (const tell of resolve) tell()
      } catch (fault) {
        for (const tell of reject) tell(fault)
      }
    }
    writing = undefined
  }
  const note = (line: JournalLine): void => {
    waiting.push(`${JSON.stringify(line)}\n`)
    writing ??= writeOut()
  }

  return {
    note,
    sync: line =>
      new Promise((resolve, reject) => {
        told.push(resolve)
        failed.push(reject)
        note(line)
      }),
    close: async () => {
      await writing
      closeSync(file)
    },
  }
}

/** Reads a journal back. A last line that was cut off was never sent. */
export async function* readJournal(path: string): AsyncGenerator<JournalLine> {
  for await (const text of createInterface({ input: createReadStream(path) }))
    if (text.endsWith('}')) yield JSON.parse(text) as JournalLine
}
