/** The notification actor alone, with its mail, over days of a clock that a test moves: no broker, no other actor. For tests only. */
import type { Bus } from '../bus/bus.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock, type VirtualClock } from '../world/virtual-clock.ts'
import { createEffects, type Effects } from './kernel/effects.ts'
import { openMemoryStore } from './kernel/store.ts'
import { createTestCore, START, type TestCore } from './kernel/test-core.ts'
import { createTestSource } from './kernel/test-source.ts'
import { notificationActor } from './notification/actor.ts'
import type { LetterInFull } from './notification/contract.ts'
import type { Letter, Mailer } from './notification/mailer.ts'

type Ask = (body: object, bus: Bus) => unknown

export type HandedLetter = Letter & { at: number }

/** User 7, whose address is known, and a mailer made for the bench's clock; `handed` is what it was given, and when. */
export const createMailBench = (makeMailer: (clock: VirtualClock) => Mailer) => {
  const clock = createVirtualClock({ start: START })
  const disk = { store: openMemoryStore(), keys: openMemoryStore() }
  const handed: HandedLetter[] = []
  const mailer = makeMailer(clock)
  const noted: Mailer = {
    send: letter => {
      handed.push({ ...letter, at: clock.now() })
      return mailer.send(letter)
    },
    close: mailer.close,
  }
  // The order actor, as far as it is asked.
  const bus = {
    request: async () => ({ body: Buffer.from(JSON.stringify({ email: 'user@email.com' })), headers: {} }),
  } as unknown as Bus

  let bench: TestCore
  let effects: Effects
  let lives = 0
  let written = 0
  const start = (): void => {
    const life = ++lives
    bench = createTestCore(notificationActor(noted), { ...disk, clock })
    effects = createEffects(bench.core.behaviour.effects, {
      bus,
      clock,
      random: createSeededRandom(1),
      now: bench.core.now,
      traceAfter: bench.core.traceAfter,
      tell: ({ name, body, after = () => {} }) => {
        if (life !== lives) return
        bench.turn([{ kind: 'own', name, body, after }])
        effects.check()
      },
      failed: (_, error) => {
        throw error
      },
    })
    effects.check()
  }
  start()

  const ask = <Reply>(name: string, body: object): Reply =>
    ((bench.core.behaviour.answer[name] as Ask)(body, bus) as { reply: Reply }).reply

  const order = createTestSource({ actor: 'order', cell: 0 })
  const hear = (type: string, data: object): void => {
    bench.turn([order.tell(type, data, '7')])
    effects.check()
  }
  hear('UserCreated', { locale: 'ru' })

  return {
    clock,
    disk,
    handed,
    /** An event of the order actor about the user. */
    hear,
    /** Writes a letter to the user and lets it go out; gives its id. `inMs` from now. */
    write: async ({ inMs }: { inMs?: number } = {}): Promise<string> => {
      const note = { user_id: '7', message: 'Чай остыл.', notification_type: 'tea', timestamp: START }
      const outcome = bench.run('SendLetter', inMs === undefined ? note : { ...note, send_at: clock.now() + inMs }, {
        key: `letter-${++written}`,
      })
      effects.check()
      await clock.advance(0)
      return String((outcome as { reply: { message_id: string } }).reply.message_id)
    },
    letter: (message_id: string) => ask<LetterInFull>('GetLetter', { message_id }),
    letters: () => ask<{ items: LetterInFull[] }>('ListLettersInFull', { user_id: '7', limit: 1000 }).items,
    /** Ends it as kill -9 does: what was on its way is not heard of any more. */
    kill: (): void => {
      lives++
      void effects.stop()
    },
    start,
  }
}
