/** What happens, entry by entry, as the feed tells it. */
import { h, replace, title } from './dom.js'
import { actorName, command, moment, payload, words } from './shown.js'

const KEPT = 200

const kept = []

/** Keeps what was heard, so that the page shows it also when it is opened later. */
export const rememberEvent = step => {
  kept.unshift(step)
  if (kept.length > KEPT) kept.length = KEPT
}

const lineOf = step =>
  h(
    'li',
    { class: `step ${step.actor}`, 'data-entry': `${step.stream} ${step.sequence}` },
    h('div', { class: 'when' }, moment(step.time)),
    h(
      'div',
      { class: 'what' },
      h('h3', {}, words(step.type), ' ', actorName(step.actor)),
      h('p', { class: 'where' }, h('code', {}, step.subject), ` · ${step.stream} ${step.sequence}`),
      payload('Payload', step.data),
    ),
  )

export const renderEvents = place => {
  const list = h('ol', { class: 'timeline', id: 'events' }, kept.map(lineOf))
  const empty = h('p', { class: 'empty' }, 'Nothing has happened since this page was opened.')
  replace(
    place,
    title('Events'),
    h('p', { class: 'lead' }, 'Everything that happens, from when this page was opened; the last 200.'),
    kept.length === 0 && empty,
    list,
    h('h2', {}, 'The same with nats alone'),
    command("nats --context kassa sub '*.*.event.>'"),
  )
  return {
    heard: step => {
      empty.remove()
      list.prepend(lineOf(step))
      if (list.children.length > KEPT) list.lastChild.remove()
    },
  }
}
