/** How letters leave: the settings of it, and which of them do not go together. */
import { z } from 'zod'
import { optionalSetting, setting } from './setting.ts'
import { mailFrom, smtpUrl } from './setting-text.ts'

export const mailSettings = {
  mail: optionalSetting(z.enum(['mailbox']), {
    name: 'KASSA_MAIL',
    wish: 'give mailbox, or nothing',
    example: 'mailbox',
    meaning: '`mailbox` catches the letters in memory, for trying without a mail server: /v1/mailbox shows them',
  }),
  smtpUrl: optionalSetting(smtpUrl, {
    name: 'KASSA_SMTP_URL',
    wish: 'give smtp:// or smtps://, perhaps user:password@ (percent-encoded), a host, perhaps a port, and nothing more',
    example: 'smtp://user:password@mail.example.com:587',
    meaning: 'the mail server that letters go out by; unset, letters are stored and count as sent',
    isSecret: true,
  }),
  mailFrom: setting(mailFrom, {
    name: 'KASSA_MAIL_FROM',
    standard: 'Kassa <kassa@localhost>',
    wish: 'give one address, bare or behind a name',
    example: 'Shop <shop@example.com>',
    meaning: 'whom the letters are from',
  }),
}

/** How letters leave where no mail server is named: in a demo they are caught, so that whoever tries it out sees them. */
export const mailIn = (given: { mail?: 'mailbox' | undefined; smtpUrl?: string | undefined; demo: boolean }) =>
  given.mail ?? (given.demo && given.smtpUrl === undefined ? ('mailbox' as const) : undefined)

/** What is wrong with them together, a line each: whoever gives both would not know whether anybody got a letter. */
export const mailFaults = ({ mail, smtpUrl }: { mail?: 'mailbox' | undefined; smtpUrl?: string | undefined }) =>
  mail !== undefined && smtpUrl !== undefined
    ? ['KASSA_MAIL and KASSA_SMTP_URL: got both; give KASSA_SMTP_URL to send letters, KASSA_MAIL=mailbox to catch them']
    : []
