/** Dead letters: what could not be carried out and why; put right, redriven or given up. */
import { get, post } from './api.js'
import { button, field, form, h, notice, replace, say, title } from './dom.js'
import { refresher } from './refresher.js'
import { actorName, moment, payload, personal, privacy, state } from './shown.js'

const PAGE = 50
const STATES = ['waiting', 'redriven', 'discarded']

export const renderDeadLetters = place => {
  const line = notice()
  const list = h('div', { id: 'dead-letters' })
  const more = h('div', { class: 'more' })
  let status = 'waiting'
  let cards = []

  const settle = async (id, how, body) => {
    await post(`/v1/dead-letters/${encodeURIComponent(id)}/${how}`, body)
    await load()
    say(line, how === 'redrive' ? `${id} is carried out once more.` : `${id} is given up.`)
  }
  const by = control => (control.value.trim() === '' ? {} : { by: control.value.trim() })

  const cardOf = letter => {
    const id = letter.dead_letter_id
    const name = h('input', { autocomplete: 'off', maxlength: '80' })
    const text = h('textarea', { rows: '6', spellcheck: 'false', value: JSON.stringify(letter.body, null, 2) })
    const redriveEdited = () => {
      let body
      try {
        body = JSON.parse(text.value)
      } catch (fault) {
        throw new Error(`The body is no JSON: ${fault.message}`)
      }
      return settle(id, 'redrive', { body, ...by(name) })
    }
    const edit = h(
      'details',
      {},
      h('summary', {}, 'Put it right'),
      labelled(`Body of ${id}`, text),
      button('Redrive with this body', line, redriveEdited),
    )
    return h(
      'article',
      { class: 'card', id: `letter-${id}` },
      h('header', {}, h('h2', {}, `${letter.command} `, actorName(letter.actor)), state(letter.status)),
      h('p', {}, h('strong', {}, letter.reason.replaceAll('_', ' ')), ': ', privacy.shown ? letter.detail : personal()),
      h(
        'p',
        { class: 'where' },
        h('code', {}, id),
        ` · ${letter.attempts} ${letter.attempts === 1 ? 'attempt' : 'attempts'} · version ${letter.version} · `,
        moment(letter.created_at),
      ),
      privacy.shown
        ? payload('Payload', letter.body)
        : h(
            'p',
            { class: 'where' },
            'Payload ',
            personal(),
            ' “Show personal data” shows it, and lets it be put right.',
          ),
      letter.status === 'waiting' && [
        labelled(`Who settles ${id}`, name),
        h(
          'div',
          { class: 'row' },
          button('Redrive', line, () => settle(id, 'redrive', by(name))),
          button('Discard', line, () => settle(id, 'discard', by(name)), { class: 'quiet', sure: `Give ${id} up?` }),
        ),
        privacy.shown && edit,
      ],
    )
  }
  const labelled = (label, control) => field(label, control)

  const draw = cursor => {
    replace(list, cards.length > 0 ? cards.map(cardOf) : h('p', { class: 'empty' }, 'There are none.'))
    replace(more, cursor !== null && button('Older ones', line, () => load(cursor), { class: 'quiet' }))
  }
  const load = async cursor => {
    const page = await get('/v1/dead-letters', { status, limit: PAGE, cursor })
    cards = cursor ? [...cards, ...page.items] : page.items
    draw(page.next_cursor)
  }
  // Whoever is just writing is not interrupted.
  const update = refresher(async () => {
    if (list.contains(document.activeElement) && /^(TEXTAREA|INPUT)$/.test(document.activeElement.tagName)) return
    await load()
  })

  const states = h(
    'select',
    { name: 'status', onchange: event => event.target.form.requestSubmit() },
    STATES.map(text => h('option', {}, text)),
  )
  replace(
    place,
    title('Dead letters'),
    h(
      'p',
      { class: 'lead' },
      'Queued commands that could not be carried out. Nothing is lost: put right what is wrong, and redrive.',
    ),
    form(
      line,
      async fields => {
        status = fields.status
        await load()
      },
      { class: 'row' },
      field('State', states),
    ),
    line,
    list,
    more,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return {
    heard: ({ type }) => /^(DeadLettered|Redriven|Discarded)$/.test(type) && update.soon(),
    leave: update.stop,
  }
}
