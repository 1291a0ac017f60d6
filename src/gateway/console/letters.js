/** Letters, the newest first, and one as its reader sees it. */
import { get, post } from './api.js'
import { button, h, notice, replace, say, title } from './dom.js'
import { renderNewest } from './newest.js'
import { refresher } from './refresher.js'
import { customerLink, letterLink, moment, orderLink, personal, state, words } from './shown.js'

const RESENDABLE = ['Sent', 'Failed']

export const renderLetters = place =>
  renderNewest(place, {
    name: 'Letters',
    thing: 'letter',
    path: '/v1/notifications',
    id: 'message_id',
    states: ['Queued', 'Sent', 'Failed', 'Suppressed'],
    columns: ['Letter', 'Customer', 'Text', 'State', 'When'],
    cellsOf: letter => [
      letterLink(letter.message_id),
      customerLink(letter.user_id),
      personal(letter.message),
      state(letter.status),
      moment(letter.timestamp),
    ],
    rankOf: letter => Number(letter.message_id),
    changedBy: ({ actor, data }) => (actor === 'notification' ? data.message_id : undefined),
    empty: 'No letters yet.',
    links: [h('a', { href: '#/mailbox' }, 'Mailbox')],
  })

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
