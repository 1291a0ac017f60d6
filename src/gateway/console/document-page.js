/** A page that shows a description of ours: its head, what finds something in it, and its sections. */
import { button, h, notice, replace, say, title } from './dom.js'

const main = document.getElementById('main')

/** Shows it, with what the address names opened; `file` is where the description lies, `tools` are beside each other. */
export const showDescription = (description, { heading, file, tools, sections }) => {
  replace(
    main,
    h(
      'div',
      { class: 'page' },
      title(heading, h('a', { href: `/${file}` }, file)),
      h('p', { class: 'lead' }, description.info.description),
      h('div', { class: 'row' }, tools),
      sections,
    ),
  )
  document.getElementById(location.hash.slice(1))?.setAttribute('open', '')
}

/** Starts the page, and lets a person try again where Kassa does not answer. */
export const begin = start =>
  start().catch(fault => {
    const line = notice()
    replace(main, h('div', { class: 'page' }, title('Kassa does not answer'), line, button('Try again', line, start)))
    say(line, fault.message, 'bad')
  })
