/** The way out, to real servers on loopback: what counts as an answer, and where nothing is ever sent. */
import assert from 'node:assert/strict'
import http, { type RequestListener, type Server } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import type { Posted } from '../actors/webhook/poster.ts'
import { ELSEWHERE, HERE } from '../mail/test-certificates.ts'
import { type Clock, systemClock } from '../world/clock.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createHttpPoster, type HttpPosterOptions } from './http-poster.ts'

const open: (Server | net.Server)[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})

/** Starts `server` on loopback; gives its port. */
const listen = async (server: Server | net.Server): Promise<number> => {
  open.push(server)
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const serve = (handle: RequestListener): Promise<number> => listen(http.createServer(handle))

const posterWith = (options: Partial<HttpPosterOptions> = {}) =>
  createHttpPoster({ toLoopback: true, ...options }, systemClock)

const message = (url: string) => ({ url, headers: { 'webhook-id': 'one' }, body: '{"чай":1}' })
const failed = (posted: Posted): string => (posted.outcome === 'failed' ? posted.error : `answered ${posted.status}`)

describe('a message', () => {
  it('arrives whole, as a POST of JSON with its headers', async () => {
    const heard = Promise.withResolvers<unknown[]>()
    const port = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => {
        const { 'content-type': type, 'webhook-id': id, host, 'user-agent': agent } = request.headers
        heard.resolve([request.method, request.url, type, id, host, agent, Buffer.concat(chunks).toString()])
        response.writeHead(204).end()
      })
    })
    const posted = await posterWith().post(message(`http://127.0.0.1:${port}/hook?a=1`))
    assert.deepEqual(posted, { outcome: 'answered', status: 204, retryAfterMs: undefined })
    const [method, url, type, id, host, agent, body] = await heard.promise
    assert.deepEqual([method, url, type, id, body], ['POST', '/hook?a=1', 'application/json', 'one', '{"чай":1}'])
    assert.equal(host, `127.0.0.1:${port}`)
    assert.match(String(agent), /^Kassa\/\d/)
  })

  it('is not carried on to where a receiver redirects', async () => {
    let asked = 0
    const target = await serve((_, response) => {
      asked++
      response.end()
    })
    const port = await serve((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${target}/` }).end(),
    )
    const posted = await posterWith().post(message(`http://127.0.0.1:${port}/`))
    assert.deepEqual([posted.outcome === 'answered' && posted.status, asked], [307, 0])
  })

  it('brings back how long the receiver wants to be left alone', async () => {
    const port = await serve((_, response) => response.writeHead(429, { 'retry-after': '120' }).end('slow down'))
    assert.deepEqual(await posterWith().post(message(`http://127.0.0.1:${port}/`)), {
      outcome: 'answered',
      status: 429,
      retryAfterMs: 120_000,
    })
  })

  it('has arrived with the status; an answer that never ends is cut off', async () => {
    const ended = Promise.withResolvers<void>()
    const port = await serve((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        if (!response.destroyed) response.write('a'.repeat(16_384), () => setImmediate(more))
      }
      response.on('close', ended.resolve)
      more()
    })
    assert.equal(failed(await posterWith().post(message(`http://127.0.0.1:${port}/`))), 'answered 200')
    await ended.promise
  })
})

describe('an answer that stands still after its status', () => {
  it('keeps its place for a second, and no connection longer than that', async () => {
    const virtual = createVirtualClock({ start: 0 })
    const heard = Promise.withResolvers<void>()
    const after: Clock['after'] = (ms, wake) => {
      if (ms === 1000) heard.resolve()
      return virtual.after(ms, wake)
    }
    const closed = Promise.withResolvers<void>()
    const port = await serve((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200).write('a')
    })
    let isOver = false
    const poster = createHttpPoster({ toLoopback: true }, { ...virtual, after })
    const posting = poster.post(message(`http://127.0.0.1:${port}/`)).finally(() => {
      isOver = true
    })
    await heard.promise
    await virtual.advance(999)
    assert.equal(isOver, false)
    await virtual.advance(1)
    assert.equal(failed(await posting), 'answered 200')
    await closed.promise
  })
})

describe('a receiver that is not there', () => {
  it('fails by the code of the system', async () => {
    const server = net.createServer()
    const port = await listen(server)
    await new Promise<void>(resolve => void server.close(() => resolve()))
    assert.equal(failed(await posterWith().post(message(`http://127.0.0.1:${port}/`))), 'ECONNREFUSED')
  })

  it('hangs up in the middle', async () => {
    const port = await listen(net.createServer(socket => void socket.once('data', () => socket.destroy())))
    assert.match(failed(await posterWith().post(message(`http://127.0.0.1:${port}/`))), /^[A-Z]|failed/)
  })

  it('speaks no HTTP', async () => {
    const port = await listen(
      net.createServer(socket => void socket.once('data', () => socket.end('220 hello\r\n\r\n'))),
    )
    assert.match(failed(await posterWith().post(message(`http://127.0.0.1:${port}/`))), /^[A-Z]|failed/)
  })

  it('and says nothing has ten seconds', async () => {
    const clock = createVirtualClock({ start: 0 })
    const reached = Promise.withResolvers<void>()
    const port = await serve(() => reached.resolve())
    const posting = createHttpPoster({ toLoopback: true }, clock).post(message(`http://127.0.0.1:${port}/`))
    await reached.promise
    await clock.advance(10_000)
    assert.equal(failed(await posting), 'no answer within 10 s')
  })

  it('lets go when Kassa stops', async () => {
    const reached = Promise.withResolvers<void>()
    const port = await serve(() => reached.resolve())
    const poster = posterWith()
    const posting = poster.post(message(`http://127.0.0.1:${port}/`))
    await reached.promise
    poster.close()
    assert.equal((await posting).outcome, 'failed')
  })
})

describe('where a message goes', () => {
  /** A receiver by name, at 127.0.0.1 as far as the name servers say; the test allows that. */
  const byName = async (certificate = ELSEWHERE, authorities = certificate.cert) => {
    const asked: string[] = []
    const port = await listen(
      https.createServer(certificate, (request, response) => {
        asked.push(String(request.headers.host))
        response.end()
      }),
    )
    const poster = posterWith({
      authorities,
      lookUp: async () => [{ address: '127.0.0.1', family: 4 }],
      isAllowed: () => true,
    })
    return { port, asked, poster }
  }

  it('is the address that was checked, by the name that was asked for', async () => {
    const { port, asked, poster } = await byName()
    assert.equal(failed(await poster.post(message(`https://mail.example.com:${port}/`))), 'answered 200')
    assert.deepEqual(asked, [`mail.example.com:${port}`])
  })

  it('is nobody whose certificate is of another name', async () => {
    const { port, asked, poster } = await byName()
    const posted = await poster.post(message(`https://other.example.com:${port}/`))
    assert.deepEqual([failed(posted), asked], ['ERR_TLS_CERT_ALTNAME_INVALID', []])
  })

  it('is nobody whose certificate nobody vouches for', async () => {
    const { port, asked, poster } = await byName(ELSEWHERE, HERE.cert)
    const posted = await poster.post(message(`https://mail.example.com:${port}/`))
    assert.notEqual(failed(posted), 'answered 200')
    assert.deepEqual(asked, [])
  })

  it('is not what a name leads to that is not public, even as one of several', async () => {
    let asked = 0
    const port = await serve(() => asked++)
    for (const found of [
      ['127.0.0.1'],
      ['93.184.216.34', '10.0.0.1'],
      ['::1'],
      ['169.254.169.254'],
      ['64:ff9b::7f00:1'],
    ]) {
      const poster = posterWith({
        lookUp: async () => found.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      })
      const posted = await poster.post(message(`https://rebinding.example.com:${port}/`))
      assert.match(failed(posted), /not public/, found.join())
    }
    assert.equal(asked, 0)
  })

  it('is not this machine where others may ask for it', async () => {
    const port = await serve(() => assert.fail('nobody may come here'))
    const poster = posterWith({ toLoopback: false })
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.1', '2130706433', '0x7f000001', 'localhost.'])
      for (const scheme of ['http', 'https'])
        assert.match(failed(await poster.post(message(`${scheme}://${host}:${port}/`))), /^the url should/, host)
  })

  it('is not a private address in any spelling, nor http elsewhere', async () => {
    const no = [
      'https://10.0.0.1/',
      'https://0/',
      'https://[::ffff:10.0.0.1]/',
      'https://0xa9fea9fe/',
      'http://example.com/',
    ]
    for (const url of no) assert.match(failed(await posterWith().post(message(url))), /^the url should/, url)
  })

  it('may be this machine by the name localhost, which no name server is asked for', async () => {
    const port = await serve((_, response) => response.end())
    const poster = posterWith({ lookUp: () => assert.fail('nobody is asked') })
    assert.equal(failed(await poster.post(message(`http://localhost:${port}/`))), 'answered 200')
  })

  it('is nowhere when nobody knows the name', async () => {
    const poster = posterWith({
      lookUp: async () => {
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      },
    })
    assert.equal(failed(await poster.post(message('https://nobody.example.com/'))), 'ENOTFOUND')
  })
})
