/** Room on the disk: missed, and found again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { createRoom, FULL_WAIT_MS } from './room.ts'
import { openMemoryStore } from './store.ts'

/** A store in a file system that may be full. */
const setUp = () => {
  const store = openMemoryStore()
  const disk = { full: true }
  const begin = store.transaction.bind(store)
  store.transaction = (work => {
    if (disk.full) return () => assert.fail(new Database.SqliteError('disk is full', 'SQLITE_FULL'))
    return begin(work)
  }) as typeof store.transaction
  const clock = createVirtualClock({ start: 0 })
  return { disk, clock, room: createRoom(store, clock) }
}

describe('room on the disk', () => {
  it('is taken to be there until a commit finds none', () => {
    const { room } = setUp()
    assert.equal(room.isMissing(), false)
    room.missed()
    assert.equal(room.isMissing(), true)
  })

  it('is missing until there is some, also when nobody commits anything', async () => {
    const { disk, clock, room } = setUp()
    room.missed()
    await clock.advance(60_000)
    assert.equal(room.isMissing(), true)
    disk.full = false
    await clock.advance(FULL_WAIT_MS)
    assert.equal(room.isMissing(), false)
  })

  it('is there as soon as a commit finds it', () => {
    const { room } = setUp()
    room.missed()
    room.found()
    assert.equal(room.isMissing(), false)
  })
})
