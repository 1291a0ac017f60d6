/** The keeper of a start, whose broker is not there. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { asItself } from '../bus/broker-access.ts'
import { publicKeyOf } from '../bus/broker-keys.ts'
import { KEEPER } from '../bus/kept-api.ts'
import { readConfig } from '../config.ts'
import { startKeeper } from './keeper.ts'

const NOBODY_LISTENS = 'nats://127.0.0.1:1'
const CONNECT_MS = 500

it('is stopped without waiting for a broker that is not there', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kassa-keeper-'))
  try {
    // Makes the key.
    publicKeyOf(dataDir, KEEPER)
    const { config } = readConfig({ KASSA_DATA: dataDir })
    assert.equal(asItself(config, NOBODY_LISTENS, KEEPER), KEEPER, 'it has something to keep')

    const told: unknown[] = []
    const tell = (...what: unknown[]) => void told.push(what)
    const keeper = startKeeper(config, NOBODY_LISTENS, { warn: tell, error: tell }, CONNECT_MS)
    await keeper.stop()
    assert.deepEqual(told, [], 'it had not yet given up on the first try')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
