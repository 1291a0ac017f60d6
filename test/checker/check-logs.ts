/** Checks of the logs: numbered without a hole, chained, each cause answered once, and every witness agrees. */
import { createHash } from 'node:crypto'
import { doubled, type Evidence, lost, type Violation, wrong } from './evidence.ts'
import { ACTORS, type ActorName, type LogEntry, type StoreCopy } from './store-copy.ts'

export const checkLogs = ({ stores }: Evidence): Violation[] =>
  ACTORS.flatMap(actor => [
    ...checkChain(stores[actor]),
    ...checkCauses(stores, actor),
    ...checkCursors(stores, actor),
    ...checkDefects(stores[actor]),
    ...checkWaiting(stores[actor]),
  ])

const checkChain = ({ actor, log }: StoreCopy): Violation[] => {
  let chain = ''
  for (const [index, entry] of log.entries()) {
    if (entry.seq !== index + 1) return [lost(`${actor}/${index + 1} is missing in the log`)]
    // docs: chain = sha256(previous chain, length of the body, body, headers), base64url.
    chain = createHash('sha256')
      .update(`${chain}\n${entry.body.length}\n`)
      .update(entry.body)
      .update(entry.headers)
      .digest('base64url')
    if (chain !== entry.chain) return [wrong(`${actor}/${entry.seq} is not what the chain says`)]
  }
  return []
}

const entryAt = (stores: Evidence['stores'], source: string, seq: number): LogEntry | undefined =>
  stores[source.slice(0, source.indexOf('/')) as ActorName]?.log[seq - 1]

const checkCauses = (stores: Evidence['stores'], actor: ActorName): Violation[] => {
  const answered = new Map<string, number>()
  return stores[actor].log.flatMap(({ seq, cause }) => {
    if (!cause) return []
    const name = `${cause.source}/${cause.seq}`
    const before = answered.get(name)
    answered.set(name, seq)
    const twice = before === undefined ? [] : [doubled(`${actor}/${before} and ${actor}/${seq} both answer ${name}`)]
    const source = entryAt(stores, cause.source, cause.seq)
    if (!source) return [...twice, lost(`${actor}/${seq} answers ${name}, which is not there`)]
    if (source.chain !== cause.chain)
      return [...twice, lost(`${actor}/${seq} answers ${name}, which is another entry now`)]
    return twice
  })
}

/** A cursor stands at an entry that its source has, at or after the last one that was answered. */
const checkCursors = (stores: Evidence['stores'], actor: ActorName): Violation[] => {
  const { log, rows } = stores[actor]
  const answered = new Map<string, number>()
  for (const { cause } of log)
    if (cause) answered.set(cause.source, Math.max(cause.seq, answered.get(cause.source) ?? 0))
  return rows('SELECT source, seq, chain FROM cursors').flatMap(({ source, seq, chain }) => {
    const name = `${source}/${seq}`
    if (Number(seq) < (answered.get(String(source)) ?? 0))
      return [wrong(`${actor} has answered more of ${source} than its cursor at ${seq} says`)]
    if (Number(seq) > 0 && entryAt(stores, String(source), Number(seq))?.chain !== chain)
      return [lost(`${actor} has seen ${name}, and ${source} has another entry there or none`)]
    return []
  })
}

/** A dead letter for a bug of ours: something was not carried out that should have been. */
const checkDefects = ({ actor, log }: StoreCopy): Violation[] =>
  log
    .filter(({ type, data }) => type === 'DeadLettered' && data.reason === 'defect')
    .map(({ seq, data }) => wrong(`${actor}/${seq} is a dead letter for a bug: ${data.command}, ${data.detail}`))

const checkWaiting = ({ actor, rows }: StoreCopy): Violation[] =>
  rows('SELECT id FROM waiting').map(({ id }) => wrong(`${actor} never came to an end of waiting with ${id}`))
