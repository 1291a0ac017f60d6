/** A mail as its reader sees it, from its bytes. Reads what our own mailer writes: one part, plain text in UTF-8. */

export type ReadMail = { headers: { name: string; value: string }[]; text: string }

/** Headers in their order, values decoded, and the text with `\n` between its lines and none behind the last. */
export const readMail = (raw: Buffer): ReadMail => {
  const end = raw.indexOf('\r\n\r\n')
  const head = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8')
  const body = end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4)
  const headers = unfolded(head).map(headerOf)
  const encoding = headers.find(({ name }) => name.toLowerCase() === 'content-transfer-encoding')?.value.toLowerCase()
  const text = decodedBody(body, encoding).toString('utf8').replaceAll('\r\n', '\n')
  return { headers, text: text.replace(/\n+$/, '') }
}

/** A line that begins with a space goes on with the one before (RFC 5322, 2.2.3). */
const unfolded = (head: string): string[] => head.replace(/\r\n(?=[ \t])/g, '').split('\r\n')

const headerOf = (line: string): { name: string; value: string } => {
  const colon = line.indexOf(':')
  return { name: line.slice(0, colon), value: decodedWords(line.slice(colon + 1).trim()) }
}

const ENCODED_WORD = /=\?utf-8\?([BQ])\?([^?\s]*)\?=/i
const ENCODED_WORDS = new RegExp(`${ENCODED_WORD.source}(?:\\s+${ENCODED_WORD.source})*`, 'gi')

/** RFC 2047. Spaces between two encoded words do not count, and a character may begin in one and end in the next. */
const decodedWords = (value: string): string =>
  value.replace(ENCODED_WORDS, words =>
    Buffer.concat(
      [...words.matchAll(new RegExp(ENCODED_WORD.source, 'gi'))].map(([, encoding = '', text = '']) =>
        encoding.toUpperCase() === 'B'
          ? Buffer.from(text, 'base64')
          : decodedQuotedPrintable(Buffer.from(text.replaceAll('_', '=20'), 'latin1')),
      ),
    ).toString('utf8'),
  )

const decodedBody = (body: Buffer, encoding: string | undefined): Buffer => {
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64')
  return encoding === 'quoted-printable' ? decodedQuotedPrintable(body) : body
}

/** RFC 2045, 6.7: `=` at the end of a line joins it to the next, `=` and two digits are a byte. */
const decodedQuotedPrintable = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString('latin1')
      .replace(/=[ \t]*\r\n/g, '')
      .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
