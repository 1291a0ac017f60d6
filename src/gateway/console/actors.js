/** The actors: who is up, who lags behind whom, and what a person should see to. */
import { who } from './api.js'
import { h, notice, replace, say, table, title } from './dom.js'
import { actorName, command, state } from './shown.js'

const LOOK_EVERY_MS = 2_000

const COLUMNS = ['Actor', 'State', 'Log ends at', 'Not in its stream yet', 'Not read yet']

const unreadOf = unread => {
  const behind = Object.entries(unread ?? {}).filter(([, count]) => count !== 0)
  if (behind.length === 0) return unread ? '0' : '—'
  return behind.map(([source, count]) => `${source}: ${count ?? 'unknown'}`).join(', ')
}

export const renderActors = place => {
  const line = notice()
  const list = h('div', { class: 'list', id: 'actors' })
  const warnings = h('div')
  let timer
  let left = false

  const look = async () => {
    // 503 tells as much as 200: which part is not open.
    const response = await fetch('/readyz', { headers: who() })
    const { parts } = await response.json()
    const rows = parts.map(({ part, phase, waits_for, head, unpublished, unread }) => ({
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
  const again = async () => {
    try {
      await look()
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
