/** A checksum for every page of a store, in a file beside it: no flipped bit is ever served as a balance or an order. */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { waitingPages } from './wal-frames.ts'

export type PageSums = {
  /**
   * Notes the sums of all pages that wait in the write-ahead log, and puts them on the disk. To be called before the
   * pages are written back: a crash in between leaves them in the write-ahead log, where SQLite proves them itself.
   */
  note: () => void
  /** They were written back. Until this is called, the pages below them in the file are not looked at. */
  settled: () => void
  /** Bytes of a page. */
  pageBytes: () => number
  /**
   * Compares pages with their sums, for `forMs` at the most, from where the last call stopped: the first page, which says
   * what the file is, then from the file's end to its beginning, since what was written last is there. Gives the number of the first page that is not what was
   * written, and whether all have been looked at once.
   */
  check: (forMs: number) => { damaged: number | undefined; once: boolean }
  close: () => void
}

/** No sum is known. A page that has it by chance is not checked, once in four thousand million. */
const UNKNOWN = 0
const SUM_BYTES = 4
/** Few, so that one buffer for them is kept: a new one each time would cost more than the look at it. */
const PAGES_AT_ONCE = 64
/** Where the page size stands in a database. */
const PAGE_SIZE_AT = 16

/**
 * The sums of the store at `path`, which this process has the lock on, and nobody else writes. Where there are none yet,
 * they are taken of the file as it is. `proven`: see `waitingPages`.
 */
export const openPageSums = (path: string): PageSums => {
  // Kept open as long as the store is: to close any descriptor of the file gives up every lock on it (fcntl).
  const file = openSync(path, 'r')
  const sumsFile = openSync(`${path}.sums`, 'a+', 0o600)
  closeSync(sumsFile)
  const sums = openSync(`${path}.sums`, 'r+')
  let known = readSums(`${path}.sums`)
  // Pages in a write-ahead log of before are proven by SQLite; those in the file below them are never read.
  let waiting = new Set(waitingPages(`${path}-wal`, true).keys())
  let next = 0
  let looked = 0
  let buffer = Buffer.alloc(0)

  const pageBytes = (): number => {
    const header = Buffer.alloc(100)
    if (readSync(file, header, 0, 100, 0) < 100) return 4096
    const size = header.readUInt16BE(PAGE_SIZE_AT)
    return size === 1 ? 65_536 : size
  }
  const pageCount = (): number => Math.floor(fstatSync(file).size / pageBytes())

  const makeRoom = (pages: number): void => {
    if (pages <= known.length) return
    const grown = new Uint32Array(Math.max(1024, pages * 2))
    grown.set(known)
    known = grown
  }

  const set = (number: number, page: Uint8Array): void => {
    makeRoom(number)
    known[number - 1] = crc32(page)
  }

  const save = (numbers: Iterable<number>): void => {
    for (const [from, to] of runsOf(numbers)) {
      const at = (from - 1) * SUM_BYTES
      const run = new Uint8Array(known.buffer, at, (to - from + 1) * SUM_BYTES)
      // The length is told: without it Bun writes nothing at that place.
      writeSync(sums, run, 0, run.byteLength, at)
    }
    fsyncSync(sums)
  }

  /** Goes through pages `from` to `to` (from 1 on) of the file. */
  const read = (from: number, to: number, look: (number: number, page: Uint8Array) => void): void => {
    const bytes = pageBytes()
    const wanted = (to - from + 1) * bytes
    if (buffer.length < wanted) buffer = Buffer.allocUnsafeSlow(PAGES_AT_ONCE * bytes)
    const length = readSync(file, buffer, 0, wanted, (from - 1) * bytes)
    for (let at = 0; at + bytes <= length; at += bytes) look(from + at / bytes, buffer.subarray(at, at + bytes))
  }

  const takeAll = (): void => {
    const pages = pageCount()
    // Pages that wait in a write-ahead log get no sum here, and they may be the last ones.
    makeRoom(pages)
    for (let from = 1; from <= pages; from += PAGES_AT_ONCE)
      read(
        from,
        Math.min(pages, from + PAGES_AT_ONCE - 1),
        (number, page) => void (waiting.has(number) || set(number, page)),
      )
    if (pages > 0) save(Array.from({ length: pages }, (_, index) => index + 1))
  }
  if (fstatSync(sums).size === 0) takeAll()

  return {
    note: () => {
      const pages = waitingPages(`${path}-wal`, false)
      for (const [number, page] of pages) set(number, page)
      if (pages.size > 0) save(pages.keys())
      waiting = new Set([...waiting, ...pages.keys()])
    },
    settled: () => {
      waiting = new Set()
    },
    pageBytes,
    check: forMs => {
      const end = performance.now() + forMs
      const pages = pageCount()
      let damaged: number | undefined
      const compare = (number: number, page: Uint8Array): void => {
        const sum = known[number - 1] ?? UNKNOWN
        if (sum !== UNKNOWN && !waiting.has(number) && crc32(page) !== sum) damaged ??= number
      }
      if (looked === 0 && pages > 0) read(1, 1, compare)
      if (damaged !== undefined) return { damaged, once: false }
      do {
        if (next <= 0) next = pages
        const to = next
        const from = Math.max(1, to - PAGES_AT_ONCE + 1)
        read(from, to, compare)
        looked += to - from + 1
        next = from - 1
      } while (damaged === undefined && next > 0 && performance.now() < end)
      return { damaged, once: looked >= pages }
    },
    close: () => {
      closeSync(file)
      closeSync(sums)
    },
  }
}

const readSums = (path: string): Uint32Array => {
  const bytes = readFileSync(path)
  const sums = new Uint32Array(Math.floor(bytes.length / SUM_BYTES))
  new Uint8Array(sums.buffer).set(bytes.subarray(0, sums.byteLength))
  return sums
}

/** Runs of numbers without a gap, so that each is one write. */
function* runsOf(numbers: Iterable<number>): Generator<[from: number, to: number]> {
  const sorted = Uint32Array.from(numbers).sort()
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] as number) + 1) end++
    yield [sorted[start] as number, sorted[end] as number]
    start = end + 1
  }
}
