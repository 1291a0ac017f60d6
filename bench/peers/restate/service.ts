/** The process that Restate's server calls: `node service.ts <file of the SDK>`. */
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { customerHandlers } from './customer.ts'

/** What it tells its parent when it can be called. */
export type ServiceSays = { port: number }

/** What is used of the SDK. */
type Sdk = {
  object: (definition: object) => object
  handlers: { object: { shared: <Handler>(handler: Handler) => Handler } }
  createEndpointHandler: (options: { services: object[] }) => Parameters<typeof createServer>[1]
}

const sdk = (await import(pathToFileURL(process.argv[2] as string).href)) as Sdk
const { put, order, account } = customerHandlers
const customer = sdk.object({
  name: 'customer',
  handlers: { put, order, account: sdk.handlers.object.shared(account) },
  // Orders and letters add up: sent along with every call, as it is usual, they would soon be most of it.
  options: { enableLazyState: true },
})
const server = createServer(sdk.createEndpointHandler({ services: [customer] }))
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies ServiceSays)
})
// Whoever started it is gone, or has seen enough.
process.on('disconnect', () => process.exit(0))
