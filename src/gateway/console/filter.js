/** Finding one of many: what does not have the words is hidden, and a group with nothing left too. */
import { field, h } from './dom.js'

/** A field that filters `sections` by the `data-text` of what is in them. */
export const filterOf = (label, sections) => {
  const search = event => {
    const words = event.target.value.toLowerCase().split(/\s+/)
    for (const section of sections) {
      const items = [...section.querySelectorAll('[data-text]')]
      for (const item of items) item.hidden = !words.every(word => item.dataset.text.toLowerCase().includes(word))
      section.hidden = items.every(item => item.hidden)
    }
  }
  return field(label, h('input', { type: 'search', oninput: search, autocomplete: 'off' }))
}
