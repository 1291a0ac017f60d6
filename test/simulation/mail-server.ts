/** The simulated mail server: it outlives those who write to it, is away, slow or refuses, and drops the line when it has a letter. */
import type { Delivery, Letter, Mailer } from '../../src/actors/notification/mailer.ts'
import type { Clock } from '../../src/world/clock.ts'
import type { World } from './world.ts'

/** A letter that it has taken. `answered`: its sender heard so, and may never send it again. */
export type Receipt = { letter: Letter; sender: string; answered: boolean }

export type MailServer = {
  /** By what the process `name`, which `clock` ends with, hands its letters over; `undefined` where the shop has no mail server. */
  mailerOf: (name: string, clock: Clock) => Mailer | undefined
  /** Every letter that it has taken, in the order of their arrival. */
  receipts: readonly Receipt[]
  /** From now on it takes every letter at once. */
  heal: () => void
}

/** How it answers for a while. */
const MOODS = ['well', 'well', 'away', 'slow', 'greylisting', 'bouncing', 'dropping'] as const
type Mood = (typeof MOODS)[number]

const USED = 0.2
const MOST_MOOD_MS = 6000
/** A conversation takes so long; a slow one longer than a process that stops waits for it (src/actors/kernel/effects.ts). */
const MOST_MS = 50
const MOST_SLOW_MS = 5000

/** The mail server of `world`. In most runs letters count as sent once they are stored: then nobody writes to it. */
export const createMailServer = (world: World): MailServer => {
  const random = world.chance.mail
  const isUsed = random.fraction() < USED
  const receipts: Receipt[] = []
  let mood: Mood = 'well'
  let isHealed = false

  const change = (): void => {
    if (isHealed) return
    mood = random.pick(MOODS)
    world.trace.say('mail server', mood)
    world.clock.after(random.fraction() * MOST_MOOD_MS, change)
  }
  if (isUsed) world.clock.soon(change)

  /** What happens to `letter` at its arrival. */
  const take = (letter: Letter, sender: string): Delivery => {
    if (mood === 'away') return { outcome: 'later', error: 'connect ECONNREFUSED' }
    if (mood === 'greylisting') return { outcome: 'later', error: '450 to RCPT TO' }
    if (mood === 'bouncing') {
      world.count('letter bounced')
      return { outcome: 'never', error: '550 5.1.1 to RCPT TO', bounced: true }
    }
    if (receipts.some(one => one.letter.messageId === letter.messageId)) world.count('letter twice')
    const answered = mood !== 'dropping'
    receipts.push({ letter, sender, answered })
    world.trace.say('mail server', `takes ${letter.messageId} from ${sender}${answered ? '' : ', and does not say so'}`)
    if (answered) return { outcome: 'sent' }
    world.count('letter taken without an answer')
    return { outcome: 'later', error: 'the connection was lost after DATA' }
  }

  const mailerOf = (sender: string, clock: Clock): Mailer => ({
    send: letter =>
      new Promise(resolve => {
        const { messageId } = letter
        if (receipts.some(one => one.answered && one.sender === sender && one.letter.messageId === messageId))
          world.violation(`${sender} sends ${messageId} again, and was told that it had arrived`)
        world.clock.after(random.fraction() * (mood === 'slow' ? MOST_SLOW_MS : MOST_MS), () => {
          const delivery = take(letter, sender)
          // Whoever has died does not hear it, and what it sent has arrived all the same.
          clock.soon(() => resolve(delivery))
        })
      }),
    close: () => {},
  })

  return {
    mailerOf: (name, clock) => (isUsed ? mailerOf(name, clock) : undefined),
    receipts,
    heal: () => {
      isHealed = true
      mood = 'well'
    },
  }
}
