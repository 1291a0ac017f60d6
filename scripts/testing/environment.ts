/** The environment of tests, made ready once for all of them. */
import { natsServerCache } from '../../src/bus/server/cache.ts'
import { findNatsServer } from '../../src/bus/server/find.ts'

/** One search for a nats-server serves all tests, and settings made for a shop of one's own do not reach them. */
export async function prepareEnvironment(): Promise<void> {
  const { NATS_SERVER_BIN, PATH = '' } = process.env
  const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env) }
  const server = await findNatsServer({ ...search, say: line => console.log(line) })

  for (const name of Object.keys(process.env)) if (/^(KASSA_.*|NATS_URL)$/.test(name)) delete process.env[name]
  process.env.NATS_SERVER_BIN = server.file
}
