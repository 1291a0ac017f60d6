/** The broker of a start: a server that runs already, or one of our own. */

import { brokerUsers } from '../actors/broker-users.ts'
import { publicKeyOf } from '../bus/broker-keys.ts'
import { natsServerCache } from '../bus/server/cache.ts'
import { findNatsServer } from '../bus/server/find.ts'
import { hasRoom, untilRoom } from '../bus/server/room.ts'
import { runNatsServer } from '../bus/server/run.ts'
import { serverFiles } from '../bus/server/server-files.ts'
import { endWhenStuck } from '../bus/server/stuck.ts'
import { writeFaults } from '../bus/server/write-faults.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Part, Supervisor } from '../processes/supervisor.ts'
import { systemClock } from '../world/clock.ts'
import { portChoice } from './port-choice.ts'
import { stages } from './stages.ts'

/** `start` resolves with its URL when it takes connections; it is kept running after that. `isOwn`: we run it. */
export type Broker = { description: string; isOwn: boolean; start(supervisor: Supervisor): Promise<string> }

type Say = (line: string) => void

const NO_DEMO_ELSEWHERE =
  'Cannot start with KASSA_DEMO=1 and NATS_URL: the streams of a broker that others run are not to be broken; unset one of them'

/** Finds what is needed; throws before anything runs when the port or the program can't be had. */
export async function prepareBroker(config: Config, say: Say): Promise<Broker> {
  const { natsUrl } = config
  if (natsUrl && config.demo) throw plainFault(exitCodes.configuration, NO_DEMO_ELSEWHERE)
  if (natsUrl) return { description: 'named by NATS_URL', isOwn: false, start: async () => natsUrl }

  const wish = {
    host: '127.0.0.1',
    port: config.natsPort,
    asked: config.natsPortAsked,
    purpose: 'nats-server',
    variable: 'KASSA_NATS_PORT',
  }
  const choice = await portChoice(wish, say)
  const search = {
    named: config.natsServerBin,
    path: process.env.PATH ?? '',
    cacheDir: natsServerCache(process.env),
    say,
  }
  const found = await findNatsServer(search)

  // Made at the first start; as long as the server is kept running, it knows the same ones.
  const users = brokerUsers(user => publicKeyOf(config.dataDir, user), config)

  return {
    isOwn: true,
    description: `nats-server ${found.version} from ${found.from}`,
    start: supervisor =>
      new Promise(up => {
        const part: Part = {
          name: 'nats-server',
          stage: stages.broker,
          async launch(signal) {
            const files = serverFiles(config.dataDir)
            await untilRoom(files.directory, say, signal)
            const server = await runNatsServer({
              program: found.file,
              dataDir: config.dataDir,
              port: await choice.next(),
              users,
              say,
            })
            choice.settle()
            up(server.url)
            const leave = endWhenStuck({
              clock: systemClock,
              faults: () => writeFaults(files, server.pid),
              hasRoom: () => hasRoom(files.directory),
              end: server.ask,
              say,
            })
            void server.exited.then(leave)
            return server
          },
        }
        supervisor.keep(part)
      }),
  }
}
