/** The plain design as its user sees it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlainSays } from './server.ts'

export type Plain = { pid: number; port: number; userIds: number[]; stop: () => Promise<void> }

/** Starts it on an empty store in `directory`, with as many users. */
export const startPlain = async (directory: string, users: number): Promise<Plain> => {
  const file = fileURLToPath(new URL('server.ts', import.meta.url))
  const child = fork(file, [join(directory, 'plain.db'), String(users)])
  const exited = once(child, 'exit')
  const said = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (!said) throw new Error('Cannot compare with the plain design: its process ended before it took requests')
  const { port, userIds } = said[0] as PlainSays

  return {
    pid: child.pid!,
    port,
    userIds,
    stop: async () => {
      child.disconnect()
      await exited
    },
  }
}
