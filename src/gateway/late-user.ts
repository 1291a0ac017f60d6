/** A user whom an actor has not heard of yet: created a moment ago, the event still on its way. */

import { cellOf } from '../actors/cells.ts'
import { orderContract } from '../actors/order/contract.ts'
import { ANYBODY, COMMAND_HEADERS } from '../bus/command-id.ts'
import { querySubject } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { type Answer, askOnce, type Question } from './ask.ts'
import type { Deadline } from './deadline.ts'
import { patiently } from './patience.ts'
import type { GatewayPorts } from './ports.ts'
import { Refused } from './refused.ts'

/**
 * Asks an actor other than order about `userId`. Where it knows no such user, order decides: if the user exists the
 * question is repeated until the deadline, if not the no stands. `remembers`: the question has a client's key, and a no
 * must not be remembered under it before it is certain.
 */
export const askAboutUser = (
  ports: GatewayPorts,
  question: Question,
  { userId, remembers }: { userId: string; remembers: boolean },
  deadline: Deadline,
): Promise<Answer> => {
  const tentative = remembers ? withHeader(question, COMMAND_HEADERS.remember, 'no') : question

  return patiently(ports, deadline, async timeoutMs => {
    const once = (question: Question) => askOnce(ports, question, timeoutMs, deadline.leftMs())
    try {
      return await once(tentative)
    } catch (fault) {
      if (!isUnknownUser(fault)) {
        // Any other no is certain at once, and is remembered under the key like a success.
        if (remembers && isNew(fault)) return await once(question)
        throw fault
      }
      if (await isUser(userId, once))
        throw new Unavailable(`${question.subject} has not heard of a new user yet`, 'unavailable', { cause: fault })
      if (!remembers) throw fault
      return await once(question)
    }
  })
}

// A no that was given earlier under the same key stands, whoever has come since.
const isNew = (fault: unknown): fault is Refused =>
  fault instanceof Refused && !('Idempotent-Replayed' in fault.headers)

const isUnknownUser = (fault: unknown): boolean => isNew(fault) && fault.refusal.code === 'user_not_found'

const isUser = async (userId: string, once: (question: Question) => Promise<Answer>): Promise<boolean> => {
  const subject = querySubject({ actor: orderContract.actor, cell: cellOf(userId) }, 'GetUser')
  try {
    await once({ subject, body: { user_id: userId }, headers: { [COMMAND_HEADERS.caller]: ANYBODY } })
    return true
  } catch (fault) {
    if (isUnknownUser(fault)) return false
    throw fault
  }
}

const withHeader = (question: Question, name: string, value: string): Question => ({
  ...question,
  headers: { ...question.headers, [name]: value },
})
