/** The parameters of a request: those in its path and those after the question mark. */
import type { Exchange } from './exchange.ts'
import { refuse } from './refused.ts'

/** All parameters, each once, as they were written. Throws `Refused` for one that stands twice. */
export const parametersOf = (exchange: Exchange): Record<string, string> => {
  const parameters: Record<string, string> = Object.assign(Object.create(null), exchange.req.param())
  const { url } = exchange.req
  const mark = url.indexOf('?')
  if (mark === -1) return parameters

  for (const [name, value] of new URLSearchParams(url.slice(mark))) {
    if (name in parameters)
      throw refuse('invalid_field', 'A parameter should stand only once', [
        { pointer: `#/${name.slice(0, 64)}`, detail: 'stands more than once' },
      ])
    parameters[name] = value
  }
  return parameters
}

/** Throws `Refused` where a request has parameters that nothing will read. */
export const refuseParameters = (exchange: Exchange): void => {
  if (new URLSearchParams(exchange.req.url.split('?', 2)[1]).size === 0) return
  throw refuse('unknown_parameter', 'This address takes no query parameters; the fields belong into the body')
}
