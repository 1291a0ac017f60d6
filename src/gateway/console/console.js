/** The console: who is here, which page is shown, and what happens is told to it. */
import { renderActors } from './actors.js'
import { denied, get, key } from './api.js'
import { renderCustomer, renderCustomers } from './customers.js'
import { renderDeadLetters } from './dead-letters.js'
import { button, field, form, h, notice, replace, say, title } from './dom.js'
import { rememberEvent, renderEvents } from './events.js'
import { startFeed } from './feed.js'
import { renderLetter, renderLetters } from './letters.js'
import { renderMail, renderMailbox } from './mailbox.js'
import { renderOrder } from './order.js'
import { renderOrders } from './orders.js'
import { privacy } from './shown.js'
import { renderTry } from './try.js'

/**
 * Each page: its address, its name in the menu, and what draws it for the part of the address behind it. One `under`
 * another is reached from there, and not in the menu.
 */
const PAGES = [
  { path: 'orders', name: 'Orders', all: renderOrders, one: renderOrder },
  { path: 'customers', name: 'Customers', all: renderCustomers, one: renderCustomer },
  { path: 'letters', name: 'Letters', all: renderLetters, one: renderLetter },
  { path: 'mailbox', name: 'Mailbox', under: 'letters', all: renderMailbox, one: renderMail },
  { path: 'actors', name: 'Actors', all: renderActors },
  { path: 'dead-letters', name: 'Dead letters', all: renderDeadLetters },
  { path: 'events', name: 'Events', all: renderEvents },
  { path: 'try', name: 'Try', all: renderTry },
]

const main = document.getElementById('main')
const nav = document.getElementById('nav')
const tools = document.getElementById('tools')

const LIVE_WORDS = { live: 'Live', waiting: 'Reconnecting', refused: 'Not live' }

/** What every page may use; `currency` is that of all amounts here, `demo` whether things may be broken. */
const world = { main, currency: '', demo: false }

let feed
let page = { heard: () => {}, leave: () => {} }
const live = h('span', { class: 'live', role: 'status', id: 'live' })

const show = async () => {
  const [path, id] = location.hash.replace(/^#\/?/, '').split('/')
  const found = PAGES.find(one => one.path === path) ?? PAGES[0]
  const draw = id && found.one ? found.one : found.all
  page.leave?.()
  page = { heard: () => {} }
  for (const link of nav.children)
    if (link.dataset.path === (found.under ?? found.path)) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  const place = h('div', { class: 'page' })
  replace(main, place)
  const drawn = draw(place, { ...world, id: id && decodeURIComponent(id) })
  page = drawn ?? page
  const head = place.querySelector('h1')
  document.title = `${head?.textContent ?? found.name} · Kassa`
  return head
}

const enter = async () => {
  ;(await show())?.focus()
}

const drawTools = () => {
  const masks = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-pressed': String(privacy.shown),
      onclick: async () => {
        privacy.shown = !privacy.shown
        drawTools()
        await show()
      },
    },
    privacy.shown ? 'Hide personal data' : 'Show personal data',
  )
  const leave = h('button', { type: 'button', class: 'quiet', onclick: logOut }, 'Log out')
  replace(tools, live, masks, key.get() !== null && leave)
}

const logOut = () => {
  key.forget()
  feed?.stop()
  location.hash = ''
  location.reload()
}

const begin = () => {
  denied.tell = problem => {
    key.forget()
    askForKey(problem.message)
  }
  replace(
    nav,
    PAGES.filter(({ under }) => !under).map(({ path, name }) => h('a', { href: `#/${path}`, 'data-path': path }, name)),
  )
  drawTools()
  feed?.stop()
  feed = startFeed({
    heard: step => {
      rememberEvent(step)
      page.heard?.(step)
    },
    changed: now => {
      live.className = `live ${now}`
      live.textContent = LIVE_WORDS[now]
    },
  })
  addEventListener('hashchange', enter)
  void show()
}

/** Asks for the key, and begins when it is one that reaches. */
const askForKey = (why = '') => {
  denied.tell = () => {}
  feed?.stop()
  removeEventListener('hashchange', enter)
  page.leave?.()
  page = { heard: () => {} }
  replace(nav)
  replace(tools)
  const line = notice()
  const control = h('input', {
    name: 'key',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
  })
  replace(
    main,
    h(
      'div',
      { class: 'page narrow' },
      title('The operator’s key'),
      h(
        'p',
        {},
        'This Kassa lets in only who has a key. It stays in this tab, and is gone when you log out or close it.',
      ),
      form(
        line,
        async ({ key: text }) => {
          key.set(text.trim())
          await mayLook()
          begin()
        },
        { class: 'stack' },
        field('Key', control, 'Made by: npm start -- keys create --role operator'),
        h('button', { type: 'submit' }, 'Log in'),
      ),
      line,
    ),
  )
  if (why) say(line, why, 'bad')
  control.focus()
}

/** Throws where the key that is there, or none, is not enough. Only operators see dead letters, and the feed. */
const mayLook = async () => {
  try {
    await get('/v1/dead-letters', { limit: 1 })
  } catch (fault) {
    if (fault.status === 401 || fault.status === 403) key.forget()
    throw fault
  }
}

const start = async () => {
  const { currency, demo = false } = await get('/version')
  Object.assign(world, { currency, demo })
  const hadKey = key.get() !== null
  try {
    await mayLook()
  } catch (fault) {
    if (fault.status === 401 || fault.status === 403) {
      return askForKey(hadKey ? fault.message : '')
    }
    // Parts are down: then it is just the moment to look.
  }
  begin()
}

start().catch(fault => {
  const line = notice()
  replace(main, h('div', { class: 'page' }, title('Kassa does not answer'), line, button('Try again', line, start)))
  say(line, fault.message, 'bad')
})
