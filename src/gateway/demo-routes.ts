/** What may be broken where `KASSA_DEMO=1` is set; elsewhere there is nothing at these addresses. */
import { z } from 'zod'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { SUPERVISOR } from '../bus/subjects.ts'
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
]
