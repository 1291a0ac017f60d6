/** The rules of the protocol, each with a change of the source that removes it: the simulation must find every one of them missing. */
import type { RarePath } from '../../test/simulation/rare-paths.ts'

export type RemovedRule = {
  /** As the protocol numbers it, and what is missing. */
  rule: string
  file: string
  /** Stands once in `file`, and is replaced. */
  find: string
  replace: string
  /** The big faults in whose company it shows soon; all of them where none is named. */
  faults?: readonly string[]
  /** What never happens any more without it, though no promise is broken: a person is asked instead. */
  never?: RarePath
}

/** In whose company a store is refused, and adopted. */
const ADOPTED = ['restored store', 'deleted store', 'two owners', 'removed message', 'crash of all']

export const REMOVED_RULES: readonly RemovedRule[] = [
  {
    rule: 'R1: what an entry answers moves the cursor, also where it is taken back from the stream',
    file: 'src/actors/kernel/core.ts',
    find: 'apply({ ...event, command: headers.command }, headers)',
    replace: 'apply({ ...event, command: headers.command }, { ...headers, cause: undefined } as never)',
    faults: ['deleted store', 'restored store'],
  },
  {
    rule: 'R2: the ids of commands come back with their entries',
    file: 'src/actors/kernel/core.ts',
    find: 'apply({ ...event, command: headers.command }, headers)',
    replace: 'apply({ ...event, command: headers.command }, { ...headers, command: undefined } as never)',
    faults: ['deleted store', 'restored store'],
  },
  {
    rule: 'R4: an append expects the chain before it, not only the number',
    file: 'src/bus/entry-message.ts',
    find: 'if (entry.seq > 1 && previous !== undefined) pairs.push([EXPECTED_LAST_ID, previous])',
    replace: '',
    faults: ['late arrivals', 'two owners'],
  },
  {
    rule: 'R4: the refused run is looked into, not taken for published',
    file: 'src/bus/relay.ts',
    find: '      looked = false\n      // A refusal is a question',
    replace:
      '      if (error instanceof StreamConflict) return void (confirmed = last.seq)\n      looked = false\n      // A refusal is a question',
    faults: ['late arrivals', 'two owners', 'forgotten tail'],
  },
  {
    rule: 'R5: a store that is behind its stream is healed',
    file: 'src/actors/kernel/start.ts',
    find: "if (verdict.kind === 'ahead') {",
    replace: "if (verdict.kind === 'ahead' && Number(verdict.last) < 0) {",
    faults: ['deleted store', 'restored store'],
  },
  {
    rule: 'R5: what is taken back from the stream follows the chain',
    file: 'src/actors/kernel/start.ts',
    find: 'if (!follows(chain, entry)) break',
    replace: '',
    faults: ['foreign message', 'deleted store', 'restored store'],
  },
  {
    rule: 'R5: a missing number is a refusal, never a jump',
    file: 'src/actors/kernel/start.ts',
    find: 'throw missing(core, lacks)',
    replace: 'lacked = lacks',
    faults: ['trimmed head', 'removed message', 'deleted store', 'restored store'],
  },
  {
    rule: 'R5: the missing entry is looked for twice',
    file: 'src/actors/kernel/start.ts',
    find: 'lacks !== undefined && lacks === lacked',
    replace: 'lacks !== undefined',
    faults: ['fleeting message'],
  },
  {
    rule: 'R5: a fence is raised before anything is answered',
    file: 'src/actors/kernel/start.ts',
    find: 'fence = await raiseFence(ports)',
    replace: 'fence = raiseFence !== undefined',
    faults: ['two owners', 'late arrivals', 'broker down'],
  },
  {
    rule: 'R5: witnesses are asked',
    file: 'src/actors/kernel/start.ts',
    find: 'await askWitnesses(ports, ranLast, stopped)',
    replace: 'void askWitnesses',
    faults: ['restored store'],
  },
  {
    rule: 'R5: a silent witness is waited for, unless the store ran last',
    file: 'src/actors/kernel/start.ts',
    find: 'if (ranLast && silent.size > 0) {',
    replace: 'if (silent.size > 0) {',
    faults: ['restored store', 'two owners'],
  },
  {
    rule: 'R5: a silent witness is asked again',
    file: 'src/actors/kernel/start.ts',
    find: 'askLater(ports, silent, stopped).catch(error => ports.contradicted(error as HistoryRefused))',
    replace: 'void askLater',
    faults: ['two owners', 'broker down', 'cut connection'],
  },
  {
    rule: 'R5: one whose fence does not stand has not told all',
    file: 'src/actors/kernel/start.ts',
    find: 'return cursor.fenced || ports.core',
    replace: 'return true || ports.core',
    faults: ['restored store', 'crash of all', 'two owners'],
  },
  {
    rule: 'R5: one that was refused still tells what it has seen',
    file: 'src/actors/kernel/start.ts',
    find: 'cursor = await ports.askCursor(reader)',
    replace: 'cursor = await ports.askCursor(reader)\n    if (!cursor.fenced) return false',
    faults: ['two owners', 'cut connection', 'crash'],
  },
  {
    rule: 'R5: a Started that nobody saw is taken back, and nothing else',
    file: 'src/actors/kernel/start.ts',
    find: 'if (!log.read(seq, 1).every(isStarted))',
    replace: 'if (!log.read(seq, 1).every(isStarted) && at < 0)',
    faults: ['two owners'],
  },
  {
    rule: 'R6: the relay looks whose stream it is before it calls itself done',
    file: 'src/bus/relay.ts',
    find: 'const sure = await patiently(look)',
    replace: 'const sure = look !== undefined',
    faults: ['two owners', 'late arrivals', 'forgotten tail'],
  },
  {
    rule: 'R6: an answer that did not come is followed by a look',
    file: 'src/bus/relay.ts',
    find: '        looked = false\n        if (!(error instanceof Unavailable)) throw error',
    replace: '        if (!(error instanceof Unavailable)) throw error',
    faults: ['broker down', 'forgotten tail', 'empty broker'],
  },
  {
    rule: 'R7: a foreign message does not stop the shop',
    file: 'src/bus/compare.ts',
    find: 'if (next && !follows(chain, next)) return whoseFork(stream, log, look)',
    replace: "if (next && !follows(chain, next)) return { kind: 'differs', at: head }",
    faults: ['foreign message', 'crash'],
  },
  {
    rule: 'R7: where the last message is gone the stream is made anew',
    file: 'src/bus/compare.ts',
    find: "if (look.last && isMine(log, look.last)) return { kind: 'same', last: look.lastSeq }",
    replace: "if (!look.last || isMine(log, look.last)) return { kind: 'same', last: look.lastSeq }",
    faults: ['removed message', 'purged stream'],
  },
  {
    rule: 'R8: the relay looks when idle',
    file: 'src/bus/relay.ts',
    find: 'if (sinceLook >= LOOK_EVERY_MS) looked = false',
    replace: '',
    faults: ['forgotten tail', 'deleted stream'],
  },
  {
    rule: 'R8: the reader compares when idle',
    file: 'src/bus/reader.ts',
    find: '  catchUp().catch(ports.failed)\n  compareLater()',
    replace: '  catchUp().catch(ports.failed)\n  void compareLater',
    faults: ['forgotten tail', 'empty broker', 'purged stream', 'two owners'],
  },
  {
    rule: 'R8: the reader checks the chain of every message',
    file: 'src/bus/reader.ts',
    find: 'if (entry.seq !== seq + 1 || !follows(chain, entry)) return false',
    replace: 'if (entry.seq !== seq + 1) return false',
    faults: ['foreign message', 'forgotten tail'],
  },
  {
    rule: 'R8: the reader finds that histories differ',
    file: 'src/bus/reader.ts',
    find: 'page.head >= seq && page.chainBefore === chain',
    replace: 'page.head >= seq || page.chainBefore !== chain',
    faults: ['two owners', 'restored store'],
  },
  {
    rule: 'R8: what the stream does not give is asked of the source',
    file: 'src/bus/reader.ts',
    find: '      if (!dozes()) await readFromSource()',
    replace: '      await Promise.resolve(readFromSource)',
    faults: ['trimmed head', 'purged stream', 'crash'],
  },
  {
    rule: 'R9: a nameless command is named by more than its number',
    file: 'src/bus/memory-queue.ts',
    find: '|| `$'.concat('{created}/'),
    replace: '|| `',
    faults: ['deleted queue'],
  },
  {
    rule: 'R10: the horizon never passes what waits in the queue',
    file: 'src/actors/kernel/trimming.ts',
    find: '(oldest ?? Number.MAX_SAFE_INTEGER) - 1',
    replace: 'Math.max(oldest ?? 0, Number.MAX_SAFE_INTEGER)',
  },
  {
    rule: 'R10: an id is kept until its hours are over',
    file: 'src/actors/kernel/trimming.ts',
    find: 'clock.now() - core.settings.idempotencyHours * HOUR_MS',
    replace: 'clock.now()',
  },
  {
    rule: 'R10: a queued command older than the horizon is not carried out',
    file: 'src/actors/kernel/queued-step.ts',
    find: 'else if (item.sentAt <= tables.horizon())',
    replace: 'else if (item.sentAt < 0)',
  },
  {
    rule: 'R10: time in the log never goes back',
    file: 'src/actors/kernel/core.ts',
    find: 'Math.max(clock.now(), log.lastTime())',
    replace: 'clock.now()',
    faults: ['leaping clock'],
  },
  {
    rule: 'R14: a 503 names the key under which the command may be asked again',
    file: 'src/gateway/problem-response.ts',
    find: "{ 'Idempotency-Key': handle }",
    replace: "{ 'Idempotency-Key': `other-$".concat('{handle}` }'),
    faults: ['crash', 'crash of all', 'broker down', 'slow broker'],
  },
  {
    rule: 'R16: histories that differ are not chosen from',
    file: 'src/bus/compare.ts',
    find: 'const isAnOwners = next ? follows(before, next)',
    replace: "const isAnOwners = next ? before === 'nobody'",
    faults: ['two owners'],
  },
  {
    rule: 'the inbox: a command is carried out once',
    file: 'src/actors/kernel/command-step.ts',
    find: 'if (seen !== undefined) return answerAgain(item, seen)',
    replace: 'if (seen !== undefined && seen < 0) return answerAgain(item, seen)',
    faults: ['crash'],
  },
  {
    rule: 'the inbox: the same key with another body is refused',
    file: 'src/actors/kernel/command-step.ts',
    find: 'if (core.isOfFingerprint(seq, item.fingerprint) === false || reply === undefined)',
    replace: 'if (reply === undefined)',
  },
  {
    rule: 'the output gate: replies leave after the commit',
    file: 'src/actors/kernel/turn.ts',
    find: 'afterCommit = core.transaction(() => items.map(step))',
    replace:
      'afterCommit = core.transaction(() => items.map(item => { const run = step(item); run(); return () => {} }))',
    faults: ['full disk', 'failing commit'],
  },
  {
    rule: 'the output gate: a turn without room is held again',
    file: 'src/actors/kernel/turn.ts',
    find: "ports.full(items.filter(item => item.kind !== 'command'))",
    replace: 'ports.full([])',
    faults: ['full disk'],
  },
  {
    rule: 'an unknown outcome of a commit ends the process',
    file: 'src/actors/kernel/turn.ts',
    find: '!isFull(error) && !isOutcomeUnknown(error) && !(error instanceof LogDamaged)',
    replace: '!isFull(error) && !(error instanceof LogDamaged)',
    faults: ['failing commit'],
  },
  {
    rule: 'an event is taken in once',
    file: 'src/actors/kernel/event-step.ts',
    find: 'if (entry.seq <= cursor.seq) return nothingMore',
    replace: '',
    faults: ['broker down', 'full disk', 'trimmed head'],
  },
  {
    rule: 'a parked command is woken by what it waits for',
    file: 'src/actors/kernel/core.ts',
    find: 'for (const key of behaviour.wakes(event)) tables.wake(key)',
    replace: '',
  },
  {
    rule: 'page sums: a page that is not what was written there is not opened',
    file: 'src/actors/kernel/guarded-store.ts',
    find: 'if (!damage) return guarded',
    replace: 'if (!damage || existsSync(path)) return guarded',
    faults: ['flipped bit'],
  },
  {
    rule: 'letters: one that is on its way is not handed over once more',
    file: 'src/actors/kernel/effects.ts',
    find: 'if (!begun.get(effect)?.has(key)) begin(effect, key)',
    replace: 'begin(effect, key)',
  },
  {
    rule: 'letters: what the mail server did not take is handed over again later',
    file: 'src/actors/kernel/effects.ts',
    find: 'cancel = clock.after(Math.min(Math.max(next - now, 1), LONGEST_MS), check)',
    replace: '',
  },
  {
    rule: 'letters: every attempt has the same Message-ID',
    file: 'src/actors/notification/actor.ts',
    find: 'letter.made_at.toString(36)',
    replace: '(letter.made_at + letter.attempts).toString(36)',
  },
  {
    rule: 'erasure: who reads of it forgets the person too',
    file: 'src/actors/kernel/event-step.ts',
    find: "?? (event.type === 'PersonErased' ? erasePerson(core) : undefined)",
    replace: '',
  },
  {
    rule: 'erasure: the key goes after the commit',
    file: 'src/actors/kernel/core.ts',
    find: 'if (toErase.length > 0) eraseKeys()',
    replace: '',
  },
  {
    rule: 'erasure: a key that was not deleted after the commit goes at the next start',
    file: 'src/actors/kernel/core.ts',
    find: 'let toErase: string[] = tables.erased.all()',
    replace: 'let toErase: string[] = []',
    faults: ['failing commit'],
  },
  {
    rule: 'adoption (R16): ids go on behind those that are lost',
    file: 'src/actors/kernel/adoption.ts',
    find: 'next + lost + PASSED_OVER',
    replace: 'next',
    faults: ADOPTED,
  },
  {
    rule: 'adoption (R16): the numbers that others have seen are left empty',
    file: 'src/actors/kernel/adoption.ts',
    find: '    leaveEmptyUntil(core, highest)\n',
    replace: '',
    faults: ADOPTED,
  },
  {
    rule: 'adoption (R16): who was accepted with what he has seen no longer speaks against the store',
    file: 'src/actors/kernel/adoption.ts',
    find: 'one.reader === reader && one.seq === seq && one.chain === chain',
    replace: 'one.reader === reader && one.seq < 0',
    faults: ADOPTED,
  },
  {
    rule: 'adoption (R16): who has read what is given up goes back',
    file: 'src/actors/kernel/going-back.ts',
    find: 'if (epoch <= core.epochs.lastWentBack(source)) return undefined',
    replace: 'if (epoch >= 0) return undefined',
    faults: ADOPTED,
  },
  {
    rule: 'R17: what was read is kept, and given back to whom it belongs',
    file: 'src/actors/kernel/event-step.ts',
    find: '      core.keepCopy(source, entry)\n      const { decision',
    replace: '      const { decision',
    never: 'healed from a reader',
  },
]
