/** The pages for people: the console and the documents that run. They hold no data, so anybody may have them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Exchange } from './exchange.ts'
import { refuse } from './refused.ts'

const FOLDER = new URL('./console/', import.meta.url)

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Nothing from elsewhere, nothing inline; a page of elsewhere can't frame it, and no form leads away. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  // A browser asks each time whether it still has the right one, so that no page is of two versions.
  'Cache-Control': 'no-cache',
}

type PageFile = { text: string; type: string; etag: string }

/** Reads the files, once. `page` gives the handler of one page; `file` that of all files by their name (`:file`). */
export const readConsole = () => {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const text = readFileSync(fileURLToPath(new URL(name, FOLDER)), 'utf8')
    files.set(name, { text, type, etag: `"${createHash('sha256').update(text).digest('base64url')}"` })
  }

  const send = (exchange: Exchange, name: string): Response => {
    const file = files.get(name)
    if (!file) throw refuse('not_found', 'There is no such file; the console is at /console')
    const headers = { ...HEADERS, ETag: file.etag }
    if (exchange.req.header('if-none-match') === file.etag) return exchange.body(null, 304, headers)
    return exchange.body(file.text, 200, { ...headers, 'Content-Type': file.type })
  }
  return {
    page: (name: string) => (exchange: Exchange) => send(exchange, name),
    file: (exchange: Exchange) => send(exchange, exchange.req.param('file') ?? ''),
  }
}
