/** Downloading a file over https: proxies honoured, given up quickly where the host can't be reached. */
import type { IncomingMessage } from 'node:http'
import { Agent, get } from 'node:https'
import { showProgress } from './progress.ts'

/** A network that swallows packets must not hold up the start: other ways to a nats-server follow. */
const connectMs = 4_000
const silenceMs = 15_000
const redirectsMost = 5

/** Fetches `url` whole. With a `label` it says that it does so and shows how far it is. */
export async function download(url: string, label?: string, say?: (line: string) => void): Promise<Buffer> {
  const response = await open(url, redirectsMost)
  const wholeBytes = Number(response.headers['content-length'] ?? 0)
  const progress = label && say ? showProgress(label, wholeBytes, say) : undefined

  const chunks: Buffer[] = []
  let doneBytes = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    doneBytes += chunk.length
    progress?.at(doneBytes)
  }
  progress?.end()
  if (wholeBytes && doneBytes !== wholeBytes) throw new Error(`${url} broke off at ${doneBytes} of ${wholeBytes} bytes`)
  return Buffer.concat(chunks)
}

async function open(url: string, redirectsLeft: number): Promise<IncomingMessage> {
  // proxyEnv: Node 22.21 and 24.5 or later; an older one goes without the proxy.
  const agent = new Agent({ proxyEnv: process.env })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { agent, timeout: silenceMs, headers: { 'user-agent': 'kassa' } }, resolve)
    const giveUp = setTimeout(
      () => request.destroy(new Error(`no answer within ${connectMs / 1000} s from ${new URL(url).host}`)),
      connectMs,
    )
    request.on('timeout', () =>
      request.destroy(new Error(`${new URL(url).host} fell silent for ${silenceMs / 1000} s`)),
    )
    request.on('response', () => clearTimeout(giveUp))
    request.on('error', fault => {
      clearTimeout(giveUp)
      reject(fault)
    })
  })

  const { statusCode = 0, headers } = response
  if (statusCode === 200) return response
  response.resume()
  if (statusCode < 300 || statusCode > 399 || !headers.location) throw new Error(`${url} answered ${statusCode}`)
  if (redirectsLeft === 0) throw new Error(`${url} redirects without end`)
  const next = new URL(headers.location, url)
  if (next.protocol !== 'https:') throw new Error(`${url} redirects to ${next.protocol}, which proves nothing`)
  return open(next.href, redirectsLeft - 1)
}
