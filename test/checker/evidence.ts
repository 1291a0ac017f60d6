/** What the checker goes by: the clients' journal, copies of the stores, the mail that arrived, what HTTP showed at the end. */
import type { ClientsStory } from './request.ts'
import type { ActorName, StoreCopy } from './store-copy.ts'

/** A letter as it arrived in the mailbox. */
export type ReceivedLetter = { messageId: string; text: string }

/** What HTTP showed of one user when everything had come to rest. */
export type ShownUser = {
  userId: string
  balance: number
  history: { operation_id: string; type: string; amount: string }[]
  letters: { message_id: string; status: string }[]
}

export type Evidence = {
  story: ClientsStory
  stores: Record<ActorName, StoreCopy>
  /** `undefined` where there was no mail server: then letters count as sent when they are stored. */
  mail: ReceivedLetter[] | undefined
  shown: ShownUser[]
}

/** `lost`: acknowledged and not there. `doubled`: there more than once. `wrong`: everything else that must not be. */
export type Violation = { kind: 'lost' | 'doubled' | 'wrong'; text: string }

export const lost = (text: string): Violation => ({ kind: 'lost', text })
export const doubled = (text: string): Violation => ({ kind: 'doubled', text })
export const wrong = (text: string): Violation => ({ kind: 'wrong', text })
