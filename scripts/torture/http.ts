/** One HTTP request to the Kassa under torture, over connections that are kept. */
import { Agent, request as httpRequest } from 'node:http'

/** Longer than the gateway itself tries. */
const TIMEOUT_MS = 15_000

export type HttpAnswer = { status: number; text: string; headers: NodeJS.Dict<string | string[]> }
export type Http = {
  /** Rejects when the connection breaks or no answer comes: then nobody knows what became of it. */
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<HttpAnswer>
  close: () => void
}

export const createHttp = (url: string): Http => {
  const agent = new Agent({ keepAlive: true })
  const { hostname, port } = new URL(url)
  return {
    ask: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body)
        const sending = httpRequest(
          {
            agent,
            hostname,
            port,
            method,
            path,
            headers: text === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(text) },
            signal: AbortSignal.timeout(TIMEOUT_MS),
          },
          answer => {
            const chunks: Buffer[] = []
            answer.on('data', (chunk: Buffer) => chunks.push(chunk))
            answer.on('error', reject)
            answer.on('end', () =>
              resolve({
                status: answer.statusCode ?? 0,
                text: Buffer.concat(chunks).toString('utf8'),
                headers: answer.headers,
              }),
            )
          },
        )
        sending.on('error', reject)
        sending.end(text)
      }),
    close: () => agent.destroy(),
  }
}
