/** The command `nats-config`: what a nats-server of somebody else has to know of the users of Kassa. */
import { brokerUsers } from '../actors/broker-users.ts'
import { publicKeyOf } from '../bus/broker-keys.ts'
import { authorizationOf } from '../bus/permissions.ts'

/**
 * An account with all users, as text for nats-server's configuration. Their keys are made below `dataDir` when they
 * are not there yet; only what is public is in the text.
 */
export const natsConfig = (dataDir: string): string => {
  const users = brokerUsers(user => publicKeyOf(dataDir, user))
  const account = { jetstream: 'enabled', ...authorizationOf(users) }
  return `# The users of Kassa: ${users.map(({ name }) => name).join(', ')}.
# For the configuration of your nats-server, beside its jetstream { store_dir: …, sync_interval: always }.
# Where others use the server too, they need accounts of their own. The keys themselves lie in
# ${dataDir}; start Kassa with NATS_URL and these data.
accounts {
  KASSA: ${indented(JSON.stringify(account, null, 2))}
}`
}

const indented = (text: string): string => text.replaceAll('\n', '\n  ')
