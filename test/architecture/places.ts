/** The places of the source (README: the tree), and what each may import besides itself. */

export type Place = {
  name: string
  /** Whether a file lies in this place. */
  holds: (file: string) => boolean
  /** Whether a file of this place may import `to`. */
  may: (to: string, file: string) => boolean
}

const under = (folder: string) => (file: string) => file.startsWith(`${folder}/`)
const isBus = under('src/bus')
const isKernel = under('src/actors/kernel')
const isGateway = under('src/gateway')
const isAccess = under('src/access')
const isStart = under('src/start')
const isBackup = under('src/backup')
const isOperating = under('src/operating')
const isDoctor = under('src/doctor')

/** `order` of src/actors/order/rules.ts; undefined outside an actor's folder. */
const actorOf = (file: string) => (isKernel(file) ? undefined : /^src\/actors\/([a-z-]+)\//.exec(file)?.[1])
/** The kernel's has its shapes in a file beside it. */
const isContract = (file: string) =>
  /^src\/actors\/([a-z-]+\/contract|kernel\/(kernel-contract|shown-shapes))\.ts$/.test(file)
const isValue = (file: string) => file === 'src/actors/values.ts'
/** What the gateway may know of actors besides contracts. */
const isDirectory = (file: string) => ['src/actors/registry.ts', 'src/actors/cells.ts'].includes(file)

/** What a process of any kind needs: time, chance, the log, settings, how to end. Knows no part of Kassa. */
const isGround = (file: string) =>
  /^src\/((configuration|metrics|processes|tracing|world)\/)?[a-z-]+\.ts$/.test(file) && !isCommandLine(file)
/** What an actor tells its figures with. */
const isFigure = (file: string) => file === 'src/metrics/figure.ts'
/** What the person at the terminal meets; starts any part. */
const isCommandLine = (file: string) => /^src\/(main|commands|help|one-process)\.ts$/.test(file)
const isMail = under('src/mail')
const isWebhooks = under('src/webhooks')
/** Who may what at the broker: derived from the definitions of all actors. */
const isBrokerUsers = (file: string) => file === 'src/actors/broker-users.ts'
/** What makes processes of actors. */
const isActorProcess = (file: string) => /^src\/actors\/[a-z-]+\.ts$/.test(file) && !isValue(file) && !isDirectory(file)

export const PLACES: Place[] = [
  { name: 'the ground', holds: isGround, may: () => false },
  // Keys of the HTTP API: their file, who made them, whose they are.
  { name: 'the access', holds: isAccess, may: isGround },
  { name: 'the bus', holds: isBus, may: isGround },
  { name: 'the values', holds: isValue, may: isBus },
  { name: 'the kernel', holds: isKernel, may: to => isBus(to) || isGround(to) || isValue(to) },
  {
    name: 'an actor',
    holds: file => actorOf(file) !== undefined,
    may: to => isBus(to) || isKernel(to) || isValue(to) || isFigure(to),
  },
  // It carries letters out; the actor that writes them knows only the port.
  { name: 'the mail', holds: isMail, may: to => isGround(to) || to === 'src/actors/notification/mailer.ts' },
  // Likewise for webhooks; where one may go is a rule, which they keep to.
  {
    name: 'the webhooks',
    holds: isWebhooks,
    may: to => isGround(to) || /^src\/actors\/webhook\/(poster|address|webhook-url)\.ts$/.test(to),
  },
  { name: 'the directory of actors', holds: isDirectory, may: isContract },
  {
    name: 'a process of an actor',
    holds: isActorProcess,
    may: to => !isGateway(to) && !isStart(to) && !isBackup(to) && !isCommandLine(to),
  },
  {
    name: 'the gateway',
    holds: isGateway,
    may: to => isBus(to) || isGround(to) || isAccess(to) || isContract(to) || isValue(to) || isDirectory(to),
  },
  // Backup, restore, adoption: what a person does to the stores from outside, by the actors' own rules.
  { name: 'the backup', holds: isBackup, may: to => !isGateway(to) && !isCommandLine(to) },
  {
    name: 'the start',
    holds: isStart,
    may: to => isBus(to) || isGround(to) || isAccess(to) || isDirectory(to) || isBrokerUsers(to),
  },
  // What a person at the terminal asks of a Kassa that runs, by its interfaces alone.
  {
    name: 'the operating',
    holds: isOperating,
    may: to => isBus(to) || isGround(to) || isContract(to) || isDirectory(to) || isStart(to) || isBrokerUsers(to),
  },
  // Looks at everything from outside, and changes nothing.
  {
    name: 'the doctor',
    holds: isDoctor,
    may: to =>
      isBus(to) ||
      isGround(to) ||
      isContract(to) ||
      isDirectory(to) ||
      isStart(to) ||
      isBrokerUsers(to) ||
      /^src\/(actors\/store-look|mail\/reachable)\.ts$/.test(to),
  },
  { name: 'the command line', holds: isCommandLine, may: () => true },
]

/** The place a file lies in. */
export const placeOf = (file: string): Place | undefined => PLACES.find(({ holds }) => holds(file))

/** Whether a file of one actor imports more of another than its contract. */
export const reachesInto = (file: string, to: string): boolean => {
  const [from, into] = [actorOf(file), actorOf(to)]
  return from !== undefined && into !== undefined && from !== into && !isContract(to)
}
