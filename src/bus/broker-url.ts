/** What `NATS_URL` says: one server or several of a cluster, perhaps with a name and a password. */
import { isIP } from 'node:net'

/** Each server of `url` (several with commas between them), as the client takes them: without a name and password. */
export const serversOf = (url: string): string[] => url.split(',').map(withoutUser)

/** `url` for anybody's eyes. */
export const shownUrl = (url: string): string => serversOf(url).join(',')

/** The name and password in `url`, percent-encoded there; the client does not look for them. */
export const userIn = (url: string): { name: string; password: string } | undefined => {
  const [, name, password = ''] = /^(?:\w+:\/\/)?([^:@/,]+)(?::([^@/,]*))?@/.exec(url) ?? []
  return name === undefined ? undefined : { name: decodeURIComponent(name), password: decodeURIComponent(password) }
}

/** Whether every server must speak TLS. */
export const demandsTls = (url: string): boolean => url.startsWith('tls://')

/** The address of the server, where it is only one, and named by its address. */
export const onlyIpOf = (url: string): string | undefined => {
  const [server = '', ...others] = serversOf(url)
  const host = server
    .replace(/^\w+:\/\//, '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
  return others.length === 0 && isIP(host) !== 0 ? host : undefined
}

const withoutUser = (server: string): string => server.replace(/^(\w+:\/\/)?[^@/]*@/, '$1')
