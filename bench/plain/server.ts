/** The plain design as a process: `node server.ts <store> <users>`. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { plainApp } from './app.ts'
import { openShop } from './shop.ts'

/** What it tells its parent when it takes requests. */
export type PlainSays = { port: number; userIds: number[] }

const [path = '', users = '1'] = process.argv.slice(2)
const shop = openShop(path, Number(users))
const server = serve({ fetch: plainApp(shop).fetch, hostname: '127.0.0.1', port: 0 }, () => {
  const { port } = server.address() as AddressInfo
  const said: PlainSays = { port, userIds: shop.userIds }
  process.send?.(said)
})
// Whoever started it is gone, or has seen enough.
process.on('disconnect', () => {
  shop.close()
  process.exit(0)
})
