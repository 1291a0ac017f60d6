/** A store that came out of a backup: what was taken on after it must be in the stream, or a person must say that it is given up. */
import type { LogStream } from '../../bus/bus.ts'
import { sourceOf } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { type Clock, pause } from '../../world/clock.ts'
import type { Core } from './core.ts'
import { HistoryRefused } from './history-refused.ts'

/** The note that `restore` leaves beside a store: where the backup's log ends, and when it was made. */
export type RestoredNote = {
  read: () => { seq: number; made_at: string } | undefined
  /** The store has opened, or what came after it was given up: from now on it is a store like any other. */
  remove: () => void
}

const RETRY_MS = 200

/**
 * Refuses a restored store whose stream knows nothing of it: then nobody can tell how much is lost, and its ids would be
 * given out again. To be asked after the healing, before the relay makes the stream anew.
 */
export const refuseRestoredAlone = async (
  { core, stream, clock, restored }: { core: Core; stream: LogStream; clock: Clock; restored: RestoredNote },
  stopped: () => boolean,
): Promise<void> => {
  const note = restored.read()
  // An epoch that began later: what came after the backup was given up, and the note should be gone.
  if (!note || core.epochs.all().some(({ seq }) => seq > note.seq)) return
  while (!stopped()) {
    try {
      const last = (await stream.look())?.lastSeq ?? 0
      if (last >= note.seq) return
      throw new HistoryRefused(
        `The store of ${sourceOf(core.address)} was put back from the backup of ${note.made_at}, which ends at entry ` +
          `${note.seq}, and its stream ${last === 0 ? 'is gone' : `ends at ${last}`}: what was taken on after that is in neither. ` +
          "Put back a newer backup, or the broker's files (nats/), then start again; " +
          'or give up what is lost: npm start -- adopt',
      )
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      await pause(clock, RETRY_MS)
    }
  }
}
