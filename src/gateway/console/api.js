/** The API of this Kassa, with the key that the person at the page gave. */

const STORED = 'kassa-key'

/** What was answered with a problem document. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `The answer was ${status}`)
    this.status = status
    this.code = document.code
  }
}

/** The key lives in this tab alone, and is gone with it. */
export const key = {
  get: () => sessionStorage.getItem(STORED),
  set: text => sessionStorage.setItem(STORED, text),
  forget: () => sessionStorage.removeItem(STORED),
}

/** The headers that say who asks. */
export const who = () => (key.get() === null ? {} : { Authorization: `Bearer ${key.get()}` })

/** What to do where a key is needed, or the one that is there does not reach. */
export const denied = { tell: () => {} }

/** Asks; gives the response. Throws `Problem` for a no. */
export const ask = async (method, path, { body, headers = {} } = {}) => {
  let response
  try {
    response = await fetch(path, {
      method,
      headers: { ...who(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new Error('Kassa does not answer; the page asks again by itself where it shows what happens')
  }
  if (response.ok) return response
  const problem = new Problem(response.status, await response.json().catch(() => ({})))
  if (problem.status === 401) denied.tell(problem)
  throw problem
}

/** Asks for JSON. */
export const get = async (path, parameters = {}) => {
  const query = new URLSearchParams(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  )
  return (await ask('GET', query.size > 0 ? `${path}?${query}` : path)).json()
}

/** Sends a command under a key of its own, so that it is carried out once whatever becomes of the answer. */
export const post = async (path, body = {}, key = crypto.randomUUID()) =>
  (await ask('POST', path, { body, headers: { 'Idempotency-Key': key } })).json()

/** `undefined` where there is no such thing. */
export const orNothing = async asked => {
  try {
    return await asked
  } catch (fault) {
    if (fault.status === 404) return undefined
    throw fault
  }
}
