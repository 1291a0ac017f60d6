/** The actors: who is up, who lags behind whom, and what a person should see to. */
import { ask, who } from './api.js'
import { h, notice, replace, say, table, title } from './dom.js'
import { readFigures } from './figures.js'
import { actorName, command, moment, state } from './shown.js'

const LOOK_EVERY_MS = 2_000

const COLUMNS = ['Actor', 'State', 'Log ends at', 'Not in its stream yet', 'Not read yet']

const PROCESSES = ['gateway', 'order', 'billing', 'notification', 'webhook']
const WORK = ['Process', 'Mailbox', 'Messages a turn', 'Turn', 'Commit', 'Dead letters', 'Restarts', 'Memory', 'Since']

const shown = (value, write) => (value === undefined ? '—' : write(value))
const milliseconds = seconds => `${(seconds * 1_000).toFixed(1)} ms`
const megabytes = bytes => `${Math.round(bytes / 1_000_000)} MB`
const since = seconds => moment(new Date(seconds * 1_000).toISOString())

/** One process by what it counts of itself. */
const workOf = ({ figure, mean }, process) => {
  const of = { process }
  return {
    'data-process': process,
    cells: [
      actorName(process),
      shown(figure('kassa_mailbox_messages', of), String),
      shown(mean('kassa_turn_messages', of), count => count.toFixed(1)),
      shown(mean('kassa_turn_duration_seconds', of), milliseconds),
      shown(mean('kassa_commit_duration_seconds', of), milliseconds),
      shown(figure('kassa_dead_letters_waiting', of), String),
      h('span', { class: 'restarts' }, shown(figure('kassa_process_restarts_total', of), String)),
      shown(figure('kassa_process_resident_memory_bytes', of), megabytes),
      shown(figure('kassa_process_start_time_seconds', of), since),
    ],
  }
}

const unreadOf = unread => {
  const behind = Object.entries(unread ?? {}).filter(([, count]) => count !== 0)
  if (behind.length === 0) return unread ? '0' : '—'
  return behind.map(([source, count]) => `${source}: ${count ?? 'unknown'}`).join(', ')
}

export const renderActors = place => {
  const line = notice()
  const list = h('div', { class: 'list', id: 'actors' })
  const warnings = h('div')
  const work = h('div', { class: 'list', id: 'work' })
  let timer
  let left = false

  const look = async () => {
    // 503 tells as much as 200: which part is not open.
    const response = await fetch('/readyz', { headers: who() })
    const { parts } = await response.json()
    const rows = parts.map(({ part, phase, waits_for, head, unpublished, unread }) => ({
      'data-part': part,
      cells: [
        actorName(part),
        [state(phase), waits_for && ` waits for ${waits_for}`],
        head === undefined ? '—' : String(head),
        unpublished === undefined ? '—' : String(unpublished),
        unreadOf(unread),
      ],
    }))
    replace(list, table('The actors', COLUMNS, rows))
    const told = parts.filter(({ warning }) => warning !== undefined)
    replace(
      warnings,
      told.map(({ part, warning }) => h('p', { class: 'notice bad' }, `${part}: ${warning}`)),
    )
    say(
      line,
      response.ok ? '' : 'Not all actors are open. What was accepted waits, and is carried out when they are.',
      'bad',
    )
  }
  const count = async () => {
    const figures = readFigures(await (await ask('GET', '/metrics')).text())
    replace(
      work,
      table(
        'What the processes count of themselves',
        WORK,
        PROCESSES.map(process => workOf(figures, process)),
      ),
    )
  }
  const again = async () => {
    try {
      await look()
      await count()
    } catch {
      say(line, 'The gateway does not answer.', 'bad')
    }
    if (!left) timer = setTimeout(again, LOOK_EVERY_MS)
  }

  replace(
    place,
    title('Actors'),
    line,
    warnings,
    list,
    h('h2', {}, 'How they work'),
    work,
    h('h2', {}, 'The books, and the logs'),
    h(
      'p',
      {},
      'A check reads every log from its first entry, proves its chain, builds the tables anew and sums up the books. It may run beside Kassa:',
    ),
    command('npm start -- verify'),
    h('h2', {}, 'The same with nats alone'),
    command("nats --context kassa req order.0.query.Health '{}'"),
    command('nats --context kassa consumer report COMMANDS'),
  )
  void again()
  return {
    leave: () => {
      left = true
      clearTimeout(timer)
    },
  }
}
