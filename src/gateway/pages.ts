/** The few pages for people: where to go from here, and what a problem means. */
import { PROBLEMS, type ProblemCode } from '../bus/problem.ts'
import { productVersion } from '../version.ts'
import { type Exchange, sendHtml, sendJson } from './exchange.ts'
import { ADVICE } from './problem-advice.ts'
import { refuse } from './refused.ts'

/** Where `/` links to. */
const LINKS = [
  '/console',
  '/docs',
  '/docs/messages',
  '/openapi.json',
  '/asyncapi.json',
  '/problems',
  '/readyz',
  '/livez',
  '/version',
  '/v1/dead-letters',
]

const CODES = Object.keys(PROBLEMS) as ProblemCode[]

/** `/`: the links as JSON, or as a page for a browser. */
export const answerHome = (exchange: Exchange): Response => {
  if (!/\btext\/html\b/.test(exchange.req.header('accept') ?? ''))
    return sendJson(exchange, 200, JSON.stringify({ name: 'kassa', version: productVersion, links: LINKS }))

  const items = LINKS.map(link => `<li><a href="${link}">${link}</a></li>`)
  return sendHtml(
    exchange,
    200,
    page('Kassa', `<p>Orders, money and letters, version ${productVersion}.</p>${list(items)}`),
  )
}

/** `/problems`: every code with its status. */
export const answerProblems = (exchange: Exchange): Response => {
  const items = CODES.map(
    code => `<li>${PROBLEMS[code].status} <a href="/problems/${code}">${code}</a>: ${PROBLEMS[code].title}</li>`,
  )
  return sendHtml(exchange, 200, page('Problems', list(items)))
}

/** `/problems/{code}`: the page that the `type` of a problem document names. */
export const answerProblem = (exchange: Exchange): Response => {
  const code = exchange.req.param('code') ?? ''
  if (!isCode(code)) throw refuse('not_found', 'There is no such problem; all of them stand at /problems')

  const { status, title } = PROBLEMS[code]
  const text = `<p>Status ${status}. ${title}.</p><p>${ADVICE[code]}</p><p><a href="/problems">All problems</a></p>`
  return sendHtml(exchange, 200, page(code, text))
}

const isCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code)

const list = (items: string[]): string => `<ul>${items.join('')}</ul>`

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>body{font:16px/1.5 sans-serif;max-width:45em;margin:2em auto;padding:0 1em}</style><h1>${title}</h1>${body}</html>`
