/** What the configuration means to the actors. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { readBody } from '../bus/contract.ts'
import { readJson } from '../bus/json.ts'
import type { Config } from '../config.ts'
import { isLoopback } from '../configuration/loopback.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Settings } from './kernel/actor.ts'
import { amount, id, line } from './values.ts'

const product = z.strictObject({ product_id: id, name: line(200), price: amount })

/** The settings of every actor. Throws a plain fault (78) when the catalogue can't be read. */
export const settingsOf = (config: Config): Settings => ({
  // Behind a proxy that lets others in, whoever asks is not on this machine.
  webhooksToLoopback: isLoopback(config.host) && !config.trustProxy,
  defaultPriceMinor: config.defaultPriceMinor,
  letterPending: config.letterPending,
  firstUserId: config.firstUserId,
  firstOrderId: config.firstOrderId,
  firstOperationId: config.firstOperationId,
  firstMessageId: config.firstMessageId,
  parkMs: config.parkMs,
  idempotencyHours: config.idempotencyHours,
  catalog: readCatalog(config.catalogFile),
})

const readCatalog = (path: string): Settings['catalog'] => {
  try {
    const list = readJson(readFileSync(path, 'utf8'))
    if (!Array.isArray(list)) throw new Error('it should be a list of {"product_id", "name", "price"}')
    return list.map(item => {
      const { product_id, name, price } = readBody(product, item)
      return { product_id, name, priceMinor: price }
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw plainFault(exitCodes.configuration, `Cannot read the catalogue ${path}: ${reason}`)
  }
}
