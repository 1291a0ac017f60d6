/** Taking one file out of a tar archive, so that no tar program is needed. */

const blockBytes = 512

/** The bytes of the first regular file named `name`, in whatever directory; throws when there is none. */
export function fileInTar(archive: Buffer, name: string): Buffer {
  for (let at = 0; at + blockBytes <= archive.length; ) {
    const path = text(archive, at, 100)
    const sizeBytes = Number.parseInt(text(archive, at + 124, 12), 8) || 0
    const isFile = ['0', '\0', ''].includes(text(archive, at + 156, 1))
    const content = at + blockBytes

    if (isFile && path.split('/').at(-1) === name) return archive.subarray(content, content + sizeBytes)
    at = content + Math.ceil(sizeBytes / blockBytes) * blockBytes
  }
  throw new Error(`the archive holds no file ${name}`)
}

function text(archive: Buffer, from: number, length: number): string {
  const bytes = archive.subarray(from, from + length)
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? length : end)
}
