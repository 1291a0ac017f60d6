/** Whether a mail server can be spoken to: connects, encrypts and logs in as a letter would, and sends none. */
import { createTransport } from 'nodemailer'
import { type ConnectionOptions, connectionTo, patienceOf } from './connection.ts'

const PATIENCE_MS = 5_000

/** Why it can not; undefined where it can. */
export const whyNoMail = async (options: ConnectionOptions): Promise<string | undefined> => {
  const transport = createTransport({ ...connectionTo(options), ...patienceOf(PATIENCE_MS) })
  try {
    await transport.verify()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    transport.close()
  }
}
