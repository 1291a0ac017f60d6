/** How things are shown: moments, amounts, states, payloads, and what is personal. */
import { h } from './dom.js'

/** Whether personal data are shown; kept for no longer than the page. */
export const privacy = { shown: false }

/** What is personal, or dots until it is asked for. */
export const personal = text =>
  privacy.shown ? (text ?? '') : h('span', { class: 'masked', title: 'Personal: hidden until asked for' }, '•••••')

/** A moment as a person reads it; the whole is in its title. */
export const moment = text => {
  if (!text) return '—'
  const at = new Date(text)
  const today = at.toDateString() === new Date().toDateString()
  const shown = at.toLocaleString(
    undefined,
    today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' },
  )
  return h('time', { datetime: text, title: text }, shown)
}

/** An amount as the API gives it, with two digits where there are any. */
export const amount = text => {
  const [whole, part] = String(text).split('.')
  const shown = whole.replace(/\B(?=(\d{3})+$)/g, ' ')
  return h('span', { class: 'amount' }, part ? `${shown}.${part.padEnd(2, '0')}` : shown)
}

/** A state as a word with a dot. */
export const state = text => h('span', { class: `state ${String(text).toLowerCase()}` }, text)

/** The name of an actor, with its cell or without. */
export const actorName = actor => h('span', { class: `actor ${actor.split('/')[0]}` }, actor)

/** JSON, folded away. */
export const payload = (summary, value, ...more) =>
  h('details', {}, h('summary', {}, summary), h('pre', { tabindex: '0' }, JSON.stringify(value, null, 2)), more)

/** A line for the terminal, with a button that copies it. */
export const command = text => {
  const copied = h('span', { class: 'unseen', role: 'status' })
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    copied.textContent = 'copied'
    made.textContent = 'Copied'
    setTimeout(() => {
      made.textContent = 'Copy'
    }, 1500)
  }
  const made = h('button', { type: 'button', class: 'quiet', onclick: copy, 'aria-label': `Copy: ${text}` }, 'Copy')
  return h('div', { class: 'command' }, h('code', {}, text), made, copied)
}

/** `OrderConfirmed` as `order confirmed`. */
export const words = name => name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

/** Links to the pages of a thing. */
export const orderLink = id => h('a', { href: `#/orders/${encodeURIComponent(id)}`, 'data-key': `order ${id}` }, id)
export const customerLink = id => h('a', { href: `#/customers/${encodeURIComponent(id)}` }, String(id))
export const letterLink = id => h('a', { href: `#/letters/${encodeURIComponent(id)}` }, id)
export const mailLink = id => h('a', { href: `#/mailbox/${encodeURIComponent(id)}` }, id)
