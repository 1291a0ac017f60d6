/** The mailbox: mails that were caught instead of being sent, and one as its reader would see it. */
import { get, orNothing } from './api.js'
import { button, h, notice, replace, say, table, title } from './dom.js'
import { refresher } from './refresher.js'
import { letterLink, mailLink, moment, personal } from './shown.js'

const PAGE = 50
const OFF = 'Letters are not caught here. Start Kassa with KASSA_MAIL=mailbox, and without KASSA_SMTP_URL, to see them.'

/** Headers that tell nothing of a person; the others are hidden until asked for. */
const OF_NOBODY = [
  'auto-submitted',
  'content-transfer-encoding',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'traceparent',
]

export const renderMailbox = place => {
  const line = notice()
  const list = h('div', { class: 'list', id: 'mailbox' })
  const more = h('div', { class: 'more' })
  let mails = []

  const rowOf = mail => ({
    cells: [
      mailLink(mail.mail_id),
      personal(mail.to),
      personal(mail.subject),
      letterLink(mail.message_id),
      moment(mail.received_at),
    ],
  })
  const load = async cursor => {
    const page = await orNothing(get('/v1/mailbox', { limit: PAGE, cursor }))
    mails = [...(cursor ? mails : []), ...(page?.items ?? [])]
    const columns = ['Mail', 'To', 'Subject', 'Letter', 'When']
    const empty = page ? 'No mail yet.' : OFF
    replace(list, table('Mails, the newest first', columns, mails.map(rowOf), { empty }))
    const next = page?.next_cursor
    replace(more, next && button('Older mails', line, () => load(next), { class: 'quiet' }))
  }
  const update = refresher(() => load())

  replace(
    place,
    title('Mailbox', h('a', { href: '#/letters' }, 'All letters')),
    h('p', { class: 'lead' }, 'Mails that reach nobody: the last are kept in memory, and none over a restart.'),
    line,
    list,
    more,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ actor }) => actor === 'notification' && update.soon(), leave: update.stop }
}

export const renderMail = (place, { id }) => {
  const line = notice()
  const sheet = h('article', { class: 'letter' })
  const facts = h('dl', { class: 'facts' })
  const fact = ({ name, value }) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, OF_NOBODY.includes(name.toLowerCase()) ? value : personal(value)))

  const load = async () => {
    const mail = await get(`/v1/mailbox/${encodeURIComponent(id)}`)
    replace(
      sheet,
      h('dl', { class: 'heads wide' }, mail.headers.map(fact)),
      h('p', { class: 'text' }, personal(mail.text)),
    )
    replace(facts, h('div', {}, h('dt', {}, 'Letter'), h('dd', {}, letterLink(mail.message_id))))
  }

  replace(place, title(`Mail ${id}`, h('a', { href: '#/mailbox' }, 'All mails')), line, sheet, facts)
  load().catch(fault => say(line, fault.message, 'bad'))
}
