/** Users who have money, made in the way that clients make them. */
import { openConnection } from './load/connection.ts'
import { post } from './load/requests.ts'
import type { Response } from './load/response-reader.ts'

const AMOUNT = '9000000000'
/** At once: enough to fill the turns, far from too much. */
const CONNECTIONS = 32

/** Makes `count` users on `port` and gives each money; their ids. Throws when anything is refused. */
export const makeUsers = async (port: number, count: number): Promise<number[]> => {
  const ids: number[] = []
  const broken = Promise.withResolvers<never>()
  let left = count

  const makeSome = async () => {
    const connection = await openConnection(port, broken.reject)
    const ask = (request: Buffer) => new Promise<Response>(answered => connection.ask(request, answered))
    while (left-- > 0) {
      const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
      const { user_id } = JSON.parse(wished(await ask(post('/user/create/', person)), 201)) as { user_id: number }
      wished(await ask(post('/money/put/', { user_id, amount: AMOUNT })), 202)
      ids.push(user_id)
    }
    connection.close()
  }
  await Promise.race([Promise.all(Array.from({ length: CONNECTIONS }, makeSome)), broken.promise])
  return ids
}

const wished = ({ status, body }: Response, wish: number): string => {
  if (status !== wish) throw new Error(`Cannot make a user: the answer was ${status} ${body.toString()}`)
  return body.toString()
}
