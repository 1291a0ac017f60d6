/** What travels on the bus, from its own description: every event, command and query with its subject and schema. */
import { begin, showDescription } from './document-page.js'
import { h } from './dom.js'
import { filterOf } from './filter.js'
import { fieldsOf, resolve } from './schema.js'
import { command } from './shown.js'

const KINDS = { event: 'Events', command: 'Commands', query: 'Queries', queue: 'Commands that wait in the queue' }

/** The line for `nats`: cell 0, and every actor where each has it. */
const lineOf = (kind, address, payload) => {
  const subject = address.replace('{actor}', 'order').replace('{cell}', '0')
  const body = JSON.stringify(payload ?? {})
  if (kind === 'event')
    return `nats --context kassa sub '${address.replace('{actor}', '*').replace('{cell}', '*').replace('{user}', '>')}'`
  if (kind === 'queue') return `nats --context kassa pub --jetstream ${subject} '${body}' -H 'Nats-Msg-Id:my-own-id'`
  return `nats --context kassa req ${subject} '${body}'`
}

const messageOf = (document, reference) => resolve(document, resolve(document, reference))

const channelOf = (document, id, channel) => {
  const kind = id.split('.')[1]
  const open = event => {
    const { target } = event
    if (!target.open || target.children.length > 1) return
    // Made when somebody looks: there are many.
    const [message] = Object.values(channel.messages).map(one => messageOf(document, one))
    const reply = document.channels[`${id}.reply`]
    const [answer] = reply ? Object.values(reply.messages).map(one => messageOf(document, one)) : []
    const refused = document.operations[id]?.description
    target.append(
      h(
        'div',
        { class: 'stack' },
        channel.description && h('p', {}, channel.description.replaceAll('`', '')),
        refused && h('p', {}, refused.replaceAll('`', '')),
        h('h3', {}, 'Payload'),
        fieldsOf(document, message.payload),
        h('h3', {}, 'Headers'),
        fieldsOf(document, message.headers),
        answer && [h('h3', {}, 'Reply'), fieldsOf(document, answer.payload)],
        h('h3', {}, 'With nats'),
        command(lineOf(kind, channel.address, message.examples?.[0]?.payload)),
        h('p', {}, h('a', { href: `/schemas/${message.name}.json` }, `/schemas/${message.name}.json`)),
      ),
    )
  }
  return h(
    'details',
    {
      class: 'operation',
      id,
      ontoggle: open,
      'data-text': `${channel.address} ${channel.summary ?? ''} ${channel.title}`,
    },
    h('summary', {}, h('code', {}, channel.address), h('span', {}, channel.summary ?? '')),
  )
}

const start = async () => {
  const description = await (await fetch('/asyncapi.json')).json()
  const channels = Object.entries(description.channels).filter(([id]) => !id.endsWith('.reply'))
  const groups = Map.groupBy(channels, ([id]) => id.split('.').slice(0, 2).join(' '))
  const sections = [...groups].map(([name, group]) => {
    const [actor, kind] = name.split(' ')
    return h(
      'section',
      {},
      h('h2', {}, `${actor === 'kernel' ? 'Every actor' : actor}: ${KINDS[kind]}`),
      group.map(([id, channel]) => channelOf(description, id, channel)),
    )
  })
  showDescription(description, {
    heading: 'Messages on the bus',
    file: 'asyncapi.json',
    tools: [filterOf('Find a message', sections)],
    sections,
  })
}

void begin(start)
