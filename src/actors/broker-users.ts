/** Every user of the broker and what it may: derived from the contracts and definitions, so that a new actor has its own. */
import type { Contract } from '../bus/contract.ts'
import { KEEPER } from '../bus/kept-api.ts'
import {
  type BrokerUser,
  GATEWAY,
  type Grant,
  granted,
  inboxesOf,
  type Permissions,
  toAnswer,
  toAsk,
  toFollow,
  toKeep,
  toOfferConsumers,
  toPublishLog,
  toQueue,
  toReadQuietly,
  toWorkOff,
  userOf,
} from '../bus/permissions.ts'
import {
  type Address,
  COMMANDS,
  commandSubject,
  demoSubject,
  MAIL_SENDER,
  querySubject,
  SUPERVISOR,
  streamOf,
} from '../bus/subjects.ts'
import { DEFINITIONS, readersOf } from './definitions.ts'
import { kernelContract } from './kernel/kernel-contract.ts'
import { type ActorName, ADDRESSES, CONTRACTS } from './registry.ts'

/** The person who runs Kassa: may do everything but listen to the replies that others get. */
export const OPERATOR = 'operator'
/** A person or program that watches, and asks what changes nothing. An actor's start asks as it who answers already. */
export const READER = 'reader'

/** What the gateway asks of every actor's kernel; the rest is between actors, or for whoever has the stores. */
const KERNEL_FOR_GATEWAY = {
  commands: ['RedriveDeadLetter', 'DiscardDeadLetter'],
  queries: ['Health', 'Metrics', 'ListDeadLetters', 'GetTimeline', 'GetCommandsOf', 'FindReply'],
} satisfies { commands: (keyof typeof kernelContract.commands)[]; queries: (keyof typeof kernelContract.queries)[] }

/** What an actor asks of those whose logs it reads, and of those that read its own. */
const KERNEL_FOR_READERS = ['ReadLog', 'ListEpochs'] satisfies (keyof typeof kernelContract.queries)[]
const KERNEL_FOR_SOURCES = ['Cursor', 'ReadCopies'] satisfies (keyof typeof kernelContract.queries)[]

/** What the read-only user asks of every actor's kernel. */
const KERNEL_FOR_READER = [
  'Health',
  'Metrics',
  'ListDeadLetters',
  'GetTimeline',
  'ListEpochs',
] satisfies (keyof typeof kernelContract.queries)[]

type OwnAddress = Address & { actor: ActorName }

const askQueries = (address: Address, names: readonly string[]): Grant => ({
  publish: names.map(name => querySubject(address, name)),
})

const ownNames = (kind: 'commands' | 'queries', { actor }: OwnAddress): string[] => {
  const contract: Contract = CONTRACTS[actor]
  return Object.keys(contract[kind]).filter(name => !Object.hasOwn(kernelContract[kind], name))
}

const ofActor = (address: OwnAddress, more: readonly Grant[] = []): Permissions => {
  const { listensTo, asks = {}, offersConsumers } = DEFINITIONS[address.actor]
  const beside = (actor: string): Address => ({ actor, cell: address.cell })
  return granted(
    [
      ...more,
      toAsk(userOf(address)),
      toAnswer(address),
      toPublishLog(address),
      // A store that was lost takes its log back from the stream.
      toFollow(address, userOf(address)),
      toWorkOff(address),
      // Never what it answers itself: whoever hears his own question may answer it, whatever reply subject he gave.
      ...listensTo.flatMap(source => [
        toFollow(beside(source), userOf(address)),
        toReadQuietly(beside(source), userOf(address)),
        askQueries(beside(source), KERNEL_FOR_READERS),
      ]),
      ...readersOf(address.actor).map(reader => askQueries(beside(reader), KERNEL_FOR_SOURCES)),
      ...Object.entries(asks).map(([actor, names]) => askQueries(beside(actor), names)),
      ...(offersConsumers ? [toOfferConsumers(address)] : []),
    ],
    { answers: true },
  )
}

const ofGateway = (more: readonly Grant[] = []): Permissions =>
  granted([
    ...more,
    toAsk(GATEWAY),
    toQueue(ADDRESSES, GATEWAY),
    ...ADDRESSES.flatMap(address => [
      askQueries(address, [...ownNames('queries', address), ...KERNEL_FOR_GATEWAY.queries]),
      {
        publish: [...ownNames('commands', address), ...KERNEL_FOR_GATEWAY.commands].map(name =>
          commandSubject(address, name),
        ),
        // It hears when what it waits for has happened, in whatever cell.
        subscribe: [`${address.actor}.*.event.>`],
      },
      // It shows people what happens.
      toFollow(address, GATEWAY),
    ]),
  ])

/** The names of all users but the operator, whose inboxes nobody else may listen to. */
const OTHERS = [...ADDRESSES.map(userOf), GATEWAY, KEEPER, READER]

const ofOperator = (): Permissions => ({
  publish: { allow: ['>'] },
  subscribe: { allow: ['>'], deny: OTHERS.map(inboxesOf) },
})

const ofReader = (): Permissions => {
  const streams = [...ADDRESSES.map(streamOf), COMMANDS]
  const looks = ['STREAM.NAMES', 'STREAM.LIST', ...streams.flatMap(looksAt)]
  return granted([
    toAsk(READER),
    { publish: looks.map(what => `$JS.API.${what}`) },
    // Whatever happens, as the documents show it.
    { publish: ['$SRV.>'], subscribe: ['*.*.event.>'] },
    ...ADDRESSES.flatMap(address => [
      askQueries(address, [...ownNames('queries', address), ...KERNEL_FOR_READER]),
      { publish: [`$JS.API.STREAM.MSG.GET.${streamOf(address)}`] },
    ]),
  ])
}

const looksAt = (stream: string): string[] => [
  `STREAM.INFO.${stream}`,
  `CONSUMER.NAMES.${stream}`,
  `CONSUMER.LIST.${stream}`,
  `CONSUMER.INFO.${stream}.*`,
]

/** What every user may, by name. */
export const PERMISSIONS: Readonly<Record<string, Permissions>> = Object.fromEntries([
  ...ADDRESSES.map(address => [userOf(address), ofActor(address)]),
  [GATEWAY, ofGateway()],
  [KEEPER, granted([toAsk(KEEPER), toKeep(ADDRESSES)], { answers: true })],
  [OPERATOR, ofOperator()],
  [READER, ofReader()],
])

/** What changes in a demo (`KASSA_DEMO=1`): the gateway may ask for things to be broken, and who sends letters answers. */
const IN_A_DEMO: Readonly<Record<string, Permissions>> = {
  [GATEWAY]: ofGateway([
    { publish: ['KillActor', 'DeleteStream'].map(name => demoSubject(SUPERVISOR, name)) },
    { publish: [demoSubject(MAIL_SENDER, 'SlowMail')] },
  ]),
  [userOf(MAIL_SENDER)]: ofActor(MAIL_SENDER, [{ subscribe: [demoSubject(MAIL_SENDER, 'SlowMail')] }]),
}

/** All users, each with its public key as `publicKeyOf` gives it by name. */
export const brokerUsers = (publicKeyOf: (user: string) => string, { demo = false } = {}): BrokerUser[] =>
  Object.entries({ ...PERMISSIONS, ...(demo ? IN_A_DEMO : {}) }).map(([name, permissions]) => ({
    name,
    publicKey: publicKeyOf(name),
    permissions,
  }))
