/** What may be broken where `KASSA_DEMO=1` is set; elsewhere there is nothing at these addresses. */
import { z } from 'zod'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { MAIL_SENDER, SUPERVISOR } from '../bus/subjects.ts'
import type { BreakageRoute } from './route.ts'

const actor = z.enum(ACTOR_NAMES)

export const DEMO_ROUTES: readonly BreakageRoute[] = [
  {
    kind: 'breakage',
    method: 'POST',
    path: '/v1/demo/kill',
    success: 200,
    by: SUPERVISOR,
    name: 'KillActor',
    spec: {
      summary: 'end the process of an actor by SIGKILL, as a crash would; it is started again',
      body: z.strictObject({ actor }),
      reply: z.object({ actor, pid: z.int() }),
      refusals: ['demo_unavailable'],
    },
  },
  {
    kind: 'breakage',
    method: 'POST',
    path: '/v1/demo/delete-stream',
    success: 200,
    by: SUPERVISOR,
    name: 'DeleteStream',
    spec: {
      summary: 'delete the stream of an actor’s log at the broker; it is made again from the store',
      body: z.strictObject({ actor }),
      reply: z.object({ stream: z.string(), messages: z.int() }),
      refusals: ['demo_unavailable'],
    },
  },
  {
    kind: 'breakage',
    method: 'POST',
    path: '/v1/demo/slow-mail',
    success: 200,
    by: MAIL_SENDER,
    name: 'SlowMail',
    spec: {
      summary: 'slow the mail for so many seconds: each letter waits before it is handed to the mail server',
      body: z.strictObject({ seconds: z.int().min(1).max(60) }),
      reply: z.object({ seconds: z.int(), each_letter_ms: z.int() }),
      refusals: ['demo_unavailable'],
    },
  },
]
