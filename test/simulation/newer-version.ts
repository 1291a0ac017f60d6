/** An actor of a version that is not written yet: its events say more than ours know, and some are of a type we never heard of. */
import { z } from 'zod'
import type { AnyActorDefinition, AnyBehaviour } from '../../src/actors/kernel/actor.ts'
import { type Decision, happened } from '../../src/actors/kernel/decision.ts'

/** What only the newer version tells. */
export const NEWER_EVENT = 'Foretold'
const NEWER_FIELDS = { foretold: { by: 'a newer version', since: [1, 2, 3] } }

type Deciding = Record<string, (...asked: unknown[]) => Decision>

/** `definition` as its next version might be: nothing is missing, and there is more. */
export const asNewer = (definition: AnyActorDefinition): AnyActorDefinition => ({
  ...definition,
  contract: {
    ...definition.contract,
    events: { ...definition.contract.events, [NEWER_EVENT]: z.object({}) },
  },
  open: (...ports) => {
    const behaviour: AnyBehaviour = definition.open(...ports)
    return {
      ...behaviour,
      decide: sayingMore(behaviour.decide as Deciding),
      react: Object.fromEntries(
        Object.entries(behaviour.react).map(([source, reactions]) => [source, sayingMore(reactions as Deciding)]),
      ),
      apply: { ...behaviour.apply, [NEWER_EVENT]: () => {} },
      atOpen: () => [...behaviour.atOpen(), happened({ type: NEWER_EVENT, data: NEWER_FIELDS })],
    }
  },
})

const sayingMore = (deciding: Deciding): Deciding =>
  Object.fromEntries(
    Object.entries(deciding).map(([name, decide]) => [name, (...asked: unknown[]) => saysMore(decide(...asked))]),
  )

const saysMore = (decision: Decision): Decision =>
  decision.kind === 'event'
    ? { ...decision, event: { ...decision.event, data: { ...decision.event.data, ...NEWER_FIELDS } } }
    : decision
