/** The mailbox that operators look into while letters are caught: what it shows, and when it forgets. Not the actor's own. */
import type { QueryBody } from '../../bus/contract.ts'
import type { Answer, Effect } from '../kernel/actor.ts'
import type { Page } from '../kernel/kernel-contract.ts'
import { NEWEST, NO_CURSOR, readCursor, toPage } from '../kernel/paging.ts'
import { momentOut } from '../values.ts'
import type { MailInFull, notificationContract, ShownMail } from './contract.ts'
import type { CaughtLetter, CaughtLetters } from './mailer.ts'

type Query<Name extends 'ListMailbox' | 'GetMailboxMessage'> = QueryBody<typeof notificationContract, Name>

/** Where letters are not caught there is no mailbox. `hasReader`: whether whom the letter was written to is there still. */
export const openMailbox = (caught: CaughtLetters | undefined, hasReader: (messageId: number) => boolean) => ({
  answer: {
    ListMailbox: ({ cursor, limit }: Query<'ListMailbox'>): Answer<Page<ShownMail>> => {
      if (!caught) return OFF
      const before = readCursor(cursor, NEWEST)
      if (before === undefined) return NO_CURSOR
      return toPage(
        limit,
        most => caught.newestFirst(before, most),
        shown,
        ({ mailId }) => mailId,
      )
    },
    GetMailboxMessage: ({ mail_id }: Query<'GetMailboxMessage'>): Answer<MailInFull> => {
      if (!caught) return OFF
      const mail = /^[1-9]\d{0,14}$/.test(mail_id) ? caught.find(Number(mail_id)) : undefined
      if (!mail) return { refusal: { code: 'mail_not_found', detail: `there is no mail ${mail_id} in the mailbox` } }
      return { reply: { ...shown(mail), headers: [...mail.headers], text: mail.text } }
    },
  },
  effects: caught ? [forgetting(caught, hasReader)] : [],
})

const OFF = {
  refusal: { code: 'mailbox_off', detail: 'letters are not caught here: KASSA_MAIL is not mailbox' },
} as const

/** What is kept in memory of an erased person goes too, also what was on its way when they were erased. */
const forgetting = (caught: CaughtLetters, hasReader: (messageId: number) => boolean): Effect => ({
  name: 'mailbox',
  due: () => {
    const mails = caught.newestFirst(NEWEST, NEWEST).filter(mail => !hasReader(Number(letterOf(mail))))
    return { keys: mails.map(({ mailId }) => String(mailId)) }
  },
  atOnce: NEWEST,
  againWithStream: false,
  carryOut: async mailId => {
    caught.forget(Number(mailId))
    return undefined
  },
})

const shown = (mail: CaughtLetter): ShownMail => ({
  mail_id: String(mail.mailId),
  message_id: letterOf(mail),
  from: headerOf(mail, 'from'),
  to: headerOf(mail, 'to'),
  subject: headerOf(mail, 'subject'),
  received_at: momentOut(mail.at),
  bytes: mail.bytes,
})

/** The letter that a mail is a copy of: its id begins the `Message-ID`. */
const letterOf = (mail: CaughtLetter): string => /^<(\d+)\./.exec(headerOf(mail, 'message-id'))?.[1] ?? ''

const headerOf = ({ headers }: CaughtLetter, wanted: string): string =>
  headers.find(({ name }) => name.toLowerCase() === wanted)?.value ?? ''
