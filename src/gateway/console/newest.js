/** A list from the newest that is searched by id, customer and state, and whose changes come in by themselves. */
import { get, orNothing } from './api.js'
import { button, field, form, h, notice, replace, say, table, title } from './dom.js'
import { refresher } from './refresher.js'

const PAGE = 50

/** Beyond it the first page is asked for instead of each thing. */
const ASKED_ALONE = 10

/**
 * `name` is that of the page, `thing` what one is called; `path` where they are listed, and below it each by the field
 * `id`. `changedBy` gives the id of what an event has changed, `columns` and `cellsOf` how one is shown; the greater its
 * `rankOf`, the newer it is.
 */
export const renderNewest = (
  place,
  { name, thing, path, id, states, columns, cellsOf, rankOf, changedBy, empty, links = [] },
) => {
  const line = notice()
  const list = h('div', { class: 'list', id: name.toLowerCase() })
  const more = h('div', { class: 'more' })
  let search = { text: '', status: '' }
  let rows = new Map()
  let cursor = null
  const changed = new Set()

  const rowOf = row => ({ id: `${thing}-${row[id]}`, cells: cellsOf(row) })
  const byRank = (a, b) => (rankOf(b) > rankOf(a) ? 1 : rankOf(b) < rankOf(a) ? -1 : 0)
  const draw = () => {
    const nothing = search.text || search.status ? `No ${thing} fits.` : empty
    replace(
      list,
      table(`${name}, the newest first`, columns, [...rows.values()].sort(byRank).map(rowOf), { empty: nothing }),
    )
    replace(
      more,
      cursor !== null && button(`Older ${name.toLowerCase()}`, line, () => load(cursor), { class: 'quiet' }),
    )
  }
  const one = text => orNothing(get(`${path}/${encodeURIComponent(text)}`))
  const load = async from => {
    const { text, status } = search
    const named = text && !from ? await one(text) : undefined
    const page = await pageOf({ user_id: text, status, limit: PAGE, cursor: from })
    if (!from) rows = new Map()
    for (const row of [...(named && fits(named) ? [named] : []), ...page.items]) rows.set(row[id], row)
    cursor = page.next_cursor
    draw()
  }
  // What was typed may be the id of a thing alone: then there is no such user, and that is no fault.
  const pageOf = async parameters => (await orNothing(get(path, parameters))) ?? { items: [], next_cursor: null }
  const fits = row =>
    (search.status === '' || row.status === search.status) &&
    (search.text === '' || [row[id], String(row.user_id)].includes(search.text))

  const update = refresher(async () => {
    const ids = [...changed]
    changed.clear()
    if (ids.length > ASKED_ALONE && search.text === '') return load()
    for (const row of await Promise.all(ids.slice(0, ASKED_ALONE).map(one))) {
      if (!row) continue
      if (!fits(row)) rows.delete(row[id])
      else if (rows.has(row[id])) rows.set(row[id], row)
      else rows = new Map([[row[id], row], ...rows])
    }
    draw()
  })

  const choice = h(
    'select',
    { name: 'status', onchange: event => event.target.form.requestSubmit() },
    h('option', { value: '' }, 'any'),
    states.map(text => h('option', {}, text)),
  )
  replace(
    place,
    title(name, links),
    form(
      line,
      async ({ text, status }) => {
        search = { text: text.trim(), status }
        await load()
      },
      { class: 'row', role: 'search' },
      field(
        `${thing[0].toUpperCase()}${thing.slice(1)} or customer`,
        h('input', { name: 'text', type: 'search', autocomplete: 'off' }),
      ),
      field('State', choice),
      h('button', { type: 'submit' }, 'Search'),
    ),
    line,
    list,
    more,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return {
    heard: event => {
      const hasChanged = changedBy(event)
      if (hasChanged === undefined) return
      changed.add(hasChanged)
      update.soon()
    },
    leave: update.stop,
  }
}
