/** The HTTP API from its own description, each operation to be tried where it stands. */
import { key, who } from './api.js'
import { begin, showDescription } from './document-page.js'
import { field, form, h, notice, replace, say } from './dom.js'
import { filterOf } from './filter.js'
import { fieldsOf } from './schema.js'
import { command } from './shown.js'

/** A feed is read for no longer than this. */
const FEED_MS = 3_000

const textOf = async response => {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const over = setTimeout(() => reader.cancel(), FEED_MS)
  let text = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value
  clearTimeout(over)
  return text
}

const pretty = text => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

const curlOf = (method, url, headers, body) => {
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`
  const parts = ['curl -s', method === 'GET' ? '' : `-X ${method}`, quoted(location.origin + url)]
  // The key stays out of what somebody may copy to elsewhere.
  for (const [name, value] of Object.entries(headers))
    parts.push(`-H ${quoted(`${name}: ${name === 'Authorization' ? 'Bearer $KASSA_KEY' : value}`)}`)
  if (body) parts.push(`-d ${quoted(body)}`)
  return parts.filter(part => part !== '').join(' ')
}

const trial = (method, path, operation) => {
  const line = notice()
  const shown = h('div', { class: 'stack' })
  const named = place => operation.parameters.filter(parameter => parameter.in === place)
  const example = operation.requestBody?.content['application/json']?.example
  const body =
    operation.requestBody &&
    h('textarea', { name: 'body', rows: '7', spellcheck: 'false', value: JSON.stringify(example ?? {}, null, 2) })
  const inputs = [...named('path'), ...named('query')].map(parameter =>
    field(
      `${parameter.name} of ${operation.operationId}`,
      h('input', {
        name: `${parameter.in} ${parameter.name}`,
        required: parameter.required,
        autocomplete: 'off',
        value: parameter.required ? (parameter.example ?? '') : '',
      }),
    ),
  )
  const send = async fields => {
    let url = path
    const query = new URLSearchParams()
    for (const { name } of named('path')) url = url.replace(`{${name}}`, encodeURIComponent(fields[`path ${name}`]))
    for (const { name } of named('query')) if (fields[`query ${name}`]) query.set(name, fields[`query ${name}`])
    if (query.size > 0) url += `?${query}`
    const headers = {
      ...who(),
      ...(method === 'GET' ? {} : { 'Idempotency-Key': crypto.randomUUID() }),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    }
    const response = await fetch(url, { method, headers, ...(body ? { body: body.value } : {}) })
    const answer = pretty(await textOf(response))
    replace(
      shown,
      command(curlOf(method, url, headers, body?.value)),
      h('p', { role: 'status' }, h('strong', {}, String(response.status)), ` ${response.statusText}`),
      h('pre', { tabindex: '0', class: 'answer' }, answer || '(no body)'),
    )
    if (response.status === 401) say(line, 'A key is needed: give it at the top of this page.', 'bad')
  }
  return form(
    line,
    send,
    { class: 'stack trial', 'aria-label': `Try ${operation.operationId}` },
    inputs,
    body && field(`Body of ${operation.operationId}`, body),
    h('div', { class: 'row' }, h('button', { type: 'submit' }, 'Send')),
    line,
    shown,
  )
}

const answersOf = (document, responses) =>
  Object.entries(responses).map(([status, { description, content }]) => {
    const [schema] = Object.values(content ?? {}).map(one => one.schema)
    return h(
      'li',
      {},
      h('strong', {}, status),
      ' ',
      description.replaceAll('`', ''),
      Number(status) < 300 && schema && fieldsOf(document, schema),
    )
  })

const operationOf = (document, method, path, operation) => {
  const { operationId, summary, description, requestBody } = operation
  const schema = requestBody?.content['application/json']?.schema
  const open = event => {
    const { target } = event
    if (!target.open || target.children.length > 1) return
    // Made when somebody looks: there are many.
    target.append(
      h(
        'div',
        { class: 'stack' },
        description && h('p', {}, description.replaceAll('`', '')),
        schema && [h('h3', {}, 'Body'), fieldsOf(document, schema)],
        h('h3', {}, 'Try it'),
        trial(method, path, operation),
        h('h3', {}, 'Answers'),
        h('ul', { class: 'fields' }, answersOf(document, operation.responses)),
      ),
    )
  }
  return h(
    'details',
    { class: 'operation', id: operationId, ontoggle: open, 'data-text': `${method} ${path} ${summary} ${operationId}` },
    h(
      'summary',
      {},
      h('span', { class: `method ${method.toLowerCase()}` }, method),
      h('code', {}, path),
      h('span', {}, summary),
    ),
  )
}

const keyForm = () => {
  const line = notice()
  return form(
    line,
    async ({ key: text }) => {
      if (text.trim() === '') key.forget()
      else key.set(text.trim())
      say(line, text.trim() === '' ? 'The key is forgotten.' : 'The key is kept in this tab.')
    },
    { class: 'row' },
    field('Key, where keys are on', h('input', { name: 'key', type: 'password', autocomplete: 'off' })),
    h('button', { type: 'submit', class: 'quiet' }, 'Use it'),
    line,
  )
}

const start = async () => {
  const description = await (await fetch('/openapi.json')).json()
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0])
  const sections = [...groups].map(([tag, group]) =>
    h(
      'section',
      {},
      h('h2', {}, tag),
      group.map(({ method, path, operation }) => operationOf(description, method, path, operation)),
    ),
  )
  showDescription(description, {
    heading: 'The HTTP API',
    file: 'openapi.json',
    tools: [filterOf('Find an operation', sections), keyForm()],
    sections,
  })
}

void begin(start)
