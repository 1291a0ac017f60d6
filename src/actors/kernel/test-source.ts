/** The log of another actor, written by hand, event by event. For tests only. */
import type { Entry } from '../../bus/entry.ts'
import { type Address, eventSubject, sourceOf } from '../../bus/subjects.ts'
import { createTestLog, type TestLog } from '../../bus/test-log.ts'
import { writeEvent } from './event.ts'
import type { EventItem } from './mailbox.ts'

export type TestSource = TestLog & {
  /** Writes the next event. */
  write: (type: string, data: object, user?: string) => Entry
  /** Writes the next event, as a reader's mailbox gets it. */
  tell: (type: string, data: object, user?: string) => EventItem
}

const AT = Date.parse('2023-09-07T14:30:00Z')

/** An empty log of `address`; two logs with other `history` differ in every chain. */
export const createTestSource = (address: Address, history = 'one'): TestSource => {
  const log = createTestLog(address, { history })
  const write: TestSource['write'] = (type, data, user) => {
    const event = { seq: log.head() + 1, type, user, at: AT, data }
    return log.append(eventSubject(address, type, user), writeEvent(address, event, undefined))
  }
  return {
    ...log,
    write,
    tell: (type, data, user) => ({ kind: 'event', source: sourceOf(address), entry: write(type, data, user) }),
  }
}
