/** Making elements: text is always text, so nothing that comes from outside becomes markup. */

/** `h('p', {class: 'x', onclick: f}, 'text', child)`; false, null and undefined are left out. */
export const h = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children)

/** The same for SVG. */
export const svg = (tag, props = {}, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children)

const fill = (element, props, children) => {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'value') element.value = value
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(3).filter(child => child !== undefined && child !== null && child !== false))
  return element
}

/** Puts other children into an element, and keeps the focus where it was if the same `data-key` is there again. */
export const replace = (element, ...children) => {
  const key = element.contains(document.activeElement) && document.activeElement.dataset.key
  element.replaceChildren(...children.flat(3).filter(child => child !== undefined && child !== null && child !== false))
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus()
}

/** A table; `rows` are lists of cells. On a narrow screen each row becomes a card with the names of its columns. */
export const table = (caption, columns, rows, { empty = 'Nothing here yet.' } = {}) => {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty)
  const head = columns.map(column => h('th', { scope: 'col' }, column))
  const lines = rows.map(({ cells, ...props }) =>
    h(
      'tr',
      props,
      cells.map((cell, index) => h('td', { 'data-column': columns[index] }, cell)),
    ),
  )
  return h(
    'table',
    {},
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, head)),
    h('tbody', {}, lines),
  )
}

/** The head of a page. It takes the focus when the page is entered, so that a screen reader says where it is. */
export const title = (text, ...more) => h('div', { class: 'title' }, h('h1', { tabindex: '-1' }, text), more)

/** A field with its label. */
export const field = (label, control, hint) => {
  const id = `field-${label.toLowerCase().replace(/\W+/g, '-')}`
  control.id = id
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`)
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    control,
    hint && h('small', { id: `${id}-hint` }, hint),
  )
}

/** A line that screen readers say when it changes. */
export const notice = () => h('p', { class: 'notice', role: 'status' })

/** Says in `line` what went wrong, or what was done. */
export const say = (line, text, tone = 'good') => {
  line.className = `notice ${text ? tone : ''}`
  line.textContent = text
}

/** A button that can't be pressed again before `work` has ended; a fault is said in `line`. `sure` is asked before. */
export const button = (text, line, work, { sure, ...props } = {}) => {
  const press = async () => {
    if (sure && !confirm(sure)) return
    made.disabled = true
    say(line, '')
    try {
      await work()
    } catch (fault) {
      say(line, fault.message, 'bad')
    } finally {
      made.disabled = false
    }
  }
  const made = h('button', { type: 'button', onclick: press, ...props }, text)
  return made
}

/** A form; `work` gets its fields by name. */
export const form = (line, work, props, ...children) =>
  h(
    'form',
    {
      ...props,
      onsubmit: async event => {
        event.preventDefault()
        const send = event.submitter
        if (send) send.disabled = true
        say(line, '')
        try {
          await work(Object.fromEntries(new FormData(event.target)))
        } catch (fault) {
          say(line, fault.message, 'bad')
        } finally {
          if (send) send.disabled = false
        }
      },
    },
    children,
  )
