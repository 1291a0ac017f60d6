/** The mark: an entry that this log surely has, kept beside the store, so that a store of an earlier time is found out. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Cancel, Clock } from '../../world/clock.ts'
import type { ReadableLog } from './log.ts'

/** Where the mark stands: number and chain of an entry. */
export type MarkFile = { read: () => string | undefined; write: (mark: string) => void }

/**
 * How far the mark may be behind. A start alone is not enough: a store that was put back from an hour ago is often of
 * the same start. This is how old one can be and still pass for the one that ran last.
 */
const MARK_EVERY_MS = 1000

/** A mark in a file. */
export const markFile = (path: string): MarkFile => ({
  read: () => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      // No mark: a first start, or somebody took the file away. Both mean that it is not known which store ran last.
      return undefined
    }
  },
  write: mark => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, mark)
    renameSync(`${path}.new`, path)
  },
})

export type Marking = {
  /** Whether the log has the marked entry: then it is the one that ran last. */
  isKept: () => boolean
  /** Number of the marked entry; 0 when there is no mark. */
  marked: () => number
  /** Puts the mark at the log's end now. */
  move: () => void
  /** Moves it on as the log grows, from now on. */
  start: () => void
  stop: () => void
}

/** The mark of `log` in `file`. `failed` hears when the file can't be written now. */
export const createMarking = (
  log: ReadableLog,
  file: MarkFile,
  clock: Clock,
  failed: (error: unknown) => void,
): Marking => {
  let marked = 0
  let cancel: Cancel | undefined

  const move = (): void => {
    const head = log.head()
    if (head === marked) return
    try {
      file.write(`${head} ${log.chainAt(head)}`)
      marked = head
    } catch (error) {
      // A mark that is behind says less, but nothing wrong: it is moved the next time.
      failed(error)
    }
  }
  const goOn = (): void => {
    move()
    cancel = clock.after(MARK_EVERY_MS, goOn)
  }

  const isKept = (): boolean => {
    const [seq, chain] = (file.read() ?? '').split(' ')
    return chain !== undefined && log.chainAt(Number(seq)) === chain
  }

  const markedSeq = (): number => {
    const seq = Number.parseInt(file.read() ?? '', 10)
    return Number.isSafeInteger(seq) ? seq : 0
  }

  return { isKept, marked: markedSeq, move, start: goOn, stop: () => cancel?.() }
}
