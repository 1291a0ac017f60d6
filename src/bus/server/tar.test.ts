/** One file out of a tar archive. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileInTar } from './tar.ts'

function entry(path: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write(content.length.toString(8).padStart(11, '0'), 124)
  header.write(type, 156)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body])
}

describe('tar: taking one file out', () => {
  const archive = Buffer.concat([
    entry('nats-server-v2/', '', '5'),
    entry('nats-server-v2/LICENSE', 'x'.repeat(600)),
    entry('nats-server-v2/nats-server', 'the program'),
    Buffer.alloc(1024),
  ])

  it('finds it in whatever directory', () => {
    assert.equal(fileInTar(archive, 'nats-server').toString(), 'the program')
  })

  it('takes no directory of that name', () => {
    assert.throws(() => fileInTar(entry('nats-server', '', '5'), 'nats-server'), /holds no file nats-server/)
  })

  it('says when it is not there', () => {
    assert.throws(() => fileInTar(archive, 'nats'), /holds no file nats/)
  })
})
