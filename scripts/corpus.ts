/** `npm run corpus -- DIRECTORY`: the logs of a stopped Kassa, kept in the tests as this release wrote them, for ever. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLog } from '../src/actors/kernel/log.ts'
import { ADDRESSES, CONTRACTS } from '../src/actors/registry.ts'
import { filesOf, openStopped } from '../src/actors/store-files.ts'
import { exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { productVersion } from '../src/version.ts'
import { shapesOf } from '../test/corpus/shapes.ts'

try {
  const [dataDir] = process.argv.slice(2)
  if (dataDir === undefined)
    throw plainFault(exitCodes.usage, 'Cannot keep logs; give the data directory of a stopped Kassa')
  const directory = join(fileURLToPath(new URL('../test/corpus/', import.meta.url)), productVersion)
  mkdirSync(directory, { recursive: true })
  for (const address of ADDRESSES) {
    const stopped = openStopped(filesOf(dataDir, address).store)
    if (!stopped)
      throw plainFault(exitCodes.unavailable, `Cannot read the store of ${address.actor}: a process holds it`)
    const log = openLog(stopped.store)
    const lines = log
      .read(1, log.head())
      .map(({ body, ...entry }) => `${JSON.stringify({ ...entry, body: Buffer.from(body).toString('utf8') })}\n`)
    stopped.close()
    writeFileSync(join(directory, `${address.actor}.jsonl`), lines.join(''))
    console.log(`${address.actor}: ${lines.length} entries`)
  }
  const shapes = Object.entries(CONTRACTS).flatMap(([actor, contract]) =>
    Object.entries(shapesOf(contract)).map(([type, shape]) => `${JSON.stringify({ actor, type, ...shape })}\n`),
  )
  writeFileSync(join(directory, 'shapes.jsonl'), shapes.join(''))
  process.exit(exitCodes.ok)
} catch (fault) {
  endWithFault(fault)
}
