/** The write-ahead log of SQLite, read as SQLite itself would read it: which pages wait in it (sqlite.org/fileformat2.html). */
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs'

/** The last committed content of each page in the write-ahead log, by page number (from 1 on). */
export type WaitingPages = Map<number, Buffer>

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const FRAMES_AT_ONCE = 256
const MAGIC_LITTLE = 0x377f0682
const MAGIC_BIG = 0x377f0683

/**
 * The pages in the write-ahead log at `path`. `proven`: its running checksums are followed, as SQLite does when it
 * opens a store that was not closed; while we have it open ourselves, the salt of a frame tells enough.
 */
export const waitingPages = (path: string, proven: boolean): WaitingPages =>
  withFile(path, file => pagesIn(file, proven)) ?? new Map()

const pagesIn = (file: number, proven: boolean): WaitingPages => {
  const header = Buffer.alloc(HEADER_BYTES)
  const length = readSync(file, header, 0, HEADER_BYTES, 0)
  const magic = length < HEADER_BYTES ? 0 : header.readUInt32BE(0)
  const pages: WaitingPages = new Map()
  if (magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) return pages

  const salt = header.subarray(16, 24)
  const sum = createSum(magic === MAGIC_LITTLE)
  if (proven) sum.add(header.subarray(0, 24))
  if (proven && !sum.is(header.subarray(24, 32))) return pages

  let uncommitted: WaitingPages = new Map()
  for (const frame of framesIn(file, FRAME_HEADER_BYTES + header.readUInt32BE(8))) {
    if (!frame.subarray(8, 16).equals(salt)) break
    const page = frame.subarray(FRAME_HEADER_BYTES)
    if (proven) {
      sum.add(frame.subarray(0, 8))
      sum.add(page)
      if (!sum.is(frame.subarray(16, 24))) break
    }
    uncommitted.set(frame.readUInt32BE(0), page)
    // The size of the database stands in the last frame of a commit, and only there.
    if (frame.readUInt32BE(4) === 0) continue
    for (const [number, content] of uncommitted) pages.set(number, content)
    uncommitted = new Map()
  }
  return pages
}

/** Frame by frame, some at a time: the file keeps the length that it once had, and most of it may be of before. */
function* framesIn(file: number, frameBytes: number): Generator<Buffer> {
  for (let at = HEADER_BYTES; ; ) {
    const some = Buffer.allocUnsafeSlow(FRAMES_AT_ONCE * frameBytes)
    const length = readSync(file, some, 0, some.length, at)
    for (let from = 0; from + frameBytes <= length; from += frameBytes) yield some.subarray(from, from + frameBytes)
    if (length < some.length) return
    at += length
  }
}

/** Whether at least `frames` have been written to the log since it was last begun anew. */
export const hasFrames = (path: string, pageBytes: number, frames: number): boolean =>
  withFile(path, file => {
    const header = Buffer.alloc(HEADER_BYTES)
    const frame = Buffer.alloc(FRAME_HEADER_BYTES)
    readSync(file, header, 0, HEADER_BYTES, 0)
    const length = readSync(
      file,
      frame,
      0,
      FRAME_HEADER_BYTES,
      HEADER_BYTES + (frames - 1) * (FRAME_HEADER_BYTES + pageBytes),
    )
    return length === FRAME_HEADER_BYTES && frame.subarray(8, 16).equals(header.subarray(16, 24))
  }) ?? false

/**
 * Makes SQLite take the log for empty when it opens the store, until the next commit begins it anew. For a log whose
 * every page was written back: a flipped bit in it would bring older pages back over newer ones. Its length stays, since
 * a file that has to grow costs a second sync with every commit (a third of the commits a second).
 */
export const invalidate = (path: string): void => {
  withFile(path, file => {
    writeSync(file, Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
    fdatasyncSync(file)
  })
}

const withFile = <T>(path: string, work: (file: number) => T): T | undefined => {
  let file: number
  try {
    file = openSync(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
  try {
    return work(file)
  } finally {
    closeSync(file)
  }
}

/** SQLite's checksum of the write-ahead log: two words that take in eight bytes at a time. */
const createSum = (little: boolean) => {
  let first = 0
  let second = 0
  return {
    add: (bytes: Buffer): void => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let at = 0; at < bytes.length; at += 8) {
        first = (first + view.getUint32(at, little) + second) >>> 0
        second = (second + view.getUint32(at + 4, little) + first) >>> 0
      }
    },
    is: (stored: Buffer): boolean => stored.readUInt32BE(0) === first && stored.readUInt32BE(4) === second,
  }
}
