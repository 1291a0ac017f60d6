/** Letters: those of the customers who ordered last, and one as its reader sees it. */
import { get, orNothing, post } from './api.js'
import { button, field, form, h, notice, replace, say, table, title } from './dom.js'
import { refresher } from './refresher.js'
import { customerLink, letterLink, moment, orderLink, personal, state, words } from './shown.js'

const LOOKED_AT = 20
const CUSTOMERS_MOST = 8
const RESENDABLE = ['Sent', 'Failed']

export const renderLetters = place => {
  const line = notice()
  const list = h('div', { class: 'list', id: 'letters' })
  let whose = ''

  const lettersOf = async user_id => (await orNothing(get('/notifications/messages', { user_id }))) ?? []
  const load = async () => {
    const { items } = await get('/v1/orders', { limit: LOOKED_AT })
    const users = whose ? [whose] : [...new Set(items.map(({ user_id }) => user_id))].slice(0, CUSTOMERS_MOST)
    const letters = (await Promise.all(users.map(lettersOf))).flat()
    letters.sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    const rows = letters.map(letter => ({
      cells: [
        letterLink(letter.message_id),
        customerLink(letter.user_id),
        personal(letter.message),
        state(letter.status),
        moment(letter.timestamp),
      ],
    }))
    const columns = ['Letter', 'Customer', 'Text', 'State', 'When']
    replace(list, table('Letters, the newest first', columns, rows, { empty: 'No letters yet.' }))
  }
  const update = refresher(load)

  replace(
    place,
    title('Letters', h('a', { href: '#/mailbox' }, 'Mailbox')),
    h('p', { class: 'lead' }, `Of the ${CUSTOMERS_MOST} customers who ordered last, or of one.`),
    form(
      line,
      async ({ text }) => {
        const letter = text.trim() && (await orNothing(get(`/v1/notifications/${encodeURIComponent(text.trim())}`)))
        if (letter) {
          location.hash = `#/letters/${encodeURIComponent(letter.message_id)}`
          return
        }
        whose = text.trim()
        await load()
      },
      { class: 'row', role: 'search' },
      field('Letter or customer', h('input', { name: 'text', type: 'search', autocomplete: 'off' })),
      h('button', { type: 'submit' }, 'Search'),
    ),
    line,
    list,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ actor }) => actor === 'notification' && update.soon(), leave: update.stop }
}

export const renderLetter = (place, { id }) => {
  const line = notice()
  const sheet = h('article', { class: 'letter' })
  const facts = h('div')
  const path = `/v1/notifications/${encodeURIComponent(id)}`
  const fact = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value))

  const load = async () => {
    const letter = await get(path)
    replace(
      sheet,
      h(
        'dl',
        { class: 'heads' },
        fact('To', ['customer ', customerLink(letter.user_id)]),
        fact('Subject', personal(letter.subject)),
        fact('Date', moment(letter.timestamp)),
      ),
      h('p', { class: 'text' }, personal(letter.message)),
    )
    replace(
      facts,
      h(
        'dl',
        { class: 'facts' },
        fact('State', state(letter.status)),
        fact('Kind', words(letter.notification_type.replaceAll('_', ' '))),
        letter.order_id && fact('Order', orderLink(letter.order_id)),
        fact('Attempts', String(letter.attempts)),
        letter.next_attempt_at && fact('Next attempt', moment(letter.next_attempt_at)),
        letter.last_error && fact('Last error', letter.last_error),
      ),
      RESENDABLE.includes(letter.status) && h('div', { class: 'row' }, button('Send it once more', line, resend)),
    )
  }
  const resend = async () => {
    await post(`${path}/resend`)
    await load()
    say(line, 'It is sent once more, under the Message-ID that it has.')
  }
  const update = refresher(load)

  replace(place, title(`Letter ${id}`, h('a', { href: '#/letters' }, 'All letters')), line, sheet, facts)
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ data }) => data.message_id === id && update.soon(), leave: update.stop }
}
