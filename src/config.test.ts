/** What the environment may say, and what is answered when it says something else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConfigFault, describeVariables, readConfig } from './config.ts'

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env)
  } catch (fault) {
    return (fault as ConfigFault).faults
  }
  return []
}

describe('configuration: with nothing set', () => {
  const { config, warnings } = readConfig({ PATH: '/bin' })

  it('listens on loopback, ports that may give way', () => {
    assert.deepEqual([config.host, config.port, config.portAsked], ['127.0.0.1', 8080, false])
    assert.deepEqual([config.natsPort, config.natsPortAsked, config.natsUrl], [4222, false, undefined])
  })

  it('keeps its data in the clone', () => {
    assert.match(config.dataDir, /[\\/]data$/)
    assert.match(config.catalogFile, /[\\/]data[\\/]catalog\.json$/)
  })

  it('starts the ids where the founding document does', () => {
    const { firstUserId, firstOrderId, firstOperationId, firstMessageId } = config
    assert.deepEqual([firstUserId, firstOrderId, firstOperationId, firstMessageId], [93493453, 54321, 12345, 67890])
  })

  it('has no default price and warns of nothing', () => {
    assert.equal(config.defaultPriceMinor, undefined)
    assert.deepEqual(warnings, [])
  })
})

describe('configuration: what is set', () => {
  it('remembers that a port was asked for', () => {
    const { config } = readConfig({ KASSA_PORT: '8080', KASSA_NATS_PORT: '4333' })
    assert.deepEqual([config.portAsked, config.natsPort, config.natsPortAsked], [true, 4333, true])
  })

  it('reads money from its text, to the kopeck', () => {
    const prices = ['99.90', '99.9', '100', '0.29'].map(
      text => readConfig({ KASSA_DEFAULT_PRICE: text }).config.defaultPriceMinor,
    )
    assert.deepEqual(prices, [9990, 9990, 10000, 29])
  })

  it('takes an empty variable as unset', () => {
    const { config } = readConfig({ KASSA_PORT: '', NATS_URL: '' })
    assert.deepEqual([config.port, config.portAsked, config.natsUrl], [8080, false, undefined])
  })

  it('takes a mail server and whom its letters are from', () => {
    const servers = ['smtp://127.0.0.1:2525', 'smtps://shop%40example.com:p%2Fss@mail.example.com/', 'smtp://[::1]']
    for (const url of servers) assert.equal(readConfig({ KASSA_SMTP_URL: url }).config.smtpUrl, url)
    const senders = ['shop@example.com', 'Магазин у дома <shop@example.com>']
    for (const from of senders) assert.equal(readConfig({ KASSA_MAIL_FROM: from }).config.mailFrom, from)
  })

  it('takes the mailbox in place of a mail server', () => {
    assert.equal(readConfig({ KASSA_MAIL: 'mailbox' }).config.mail, 'mailbox')
    assert.equal(readConfig({}).config.mail, undefined)
  })

  it('is no demo unless it is said so', () => {
    const demos = [undefined, '', '0', '1'].map(KASSA_DEMO => readConfig({ KASSA_DEMO }).config.demo)
    assert.deepEqual(demos, [false, false, false, true])
  })

  it('catches the letters of a demo, unless they have a mail server', () => {
    assert.equal(readConfig({ KASSA_DEMO: '1' }).config.mail, 'mailbox')
    assert.equal(readConfig({ KASSA_DEMO: '1', KASSA_SMTP_URL: 'smtp://[::1]' }).config.mail, undefined)
  })

  it('makes paths absolute', () => {
    assert.match(readConfig({ KASSA_DATA: 'shop' }).config.dataDir, /^(\/|[A-Z]:\\).*shop$/)
  })
})

describe('configuration: faults', () => {
  const refused: [string, string][] = [
    ['KASSA_HOST', 'shop example'],
    ['KASSA_HOST', 'http://127.0.0.1'],
    ['KASSA_TRUST_PROXY', 'yes'],
    ['KASSA_DEMO', 'on'],
    ['KASSA_DEMO', 'true'],
    ['KASSA_PORT', '65536'],
    ['KASSA_PORT', '80a'],
    ['KASSA_PORT', '-1'],
    ['KASSA_NATS_PORT', '4222.5'],
    ['KASSA_SETTLE_WAIT_MS', '1e3'],
    ['KASSA_LETTER_PENDING', 'yes'],
    ['KASSA_IDEMPOTENCY_HOURS', '-168'],
    ['KASSA_PARK_MS', 'soon'],
    ['KASSA_CURRENCY', 'rub'],
    ['KASSA_DEFAULT_PRICE', '0'],
    ['KASSA_DEFAULT_PRICE', '9.999'],
    ['KASSA_DEFAULT_PRICE', '+1'],
    ['KASSA_REQUEST_DEADLINE_MS', ' 10'],
    ['KASSA_LOG_LEVEL', 'loud'],
    ['KASSA_MAIL', 'on'],
    ['KASSA_MAIL_FROM', 'shop'],
    ['KASSA_MAIL_FROM', 'a@example.com, b@example.com'],
    ['KASSA_MAIL_FROM', 'Shop <a@example.com>, b@example.com'],
    ['KASSA_MAIL_FROM', 'Shop\r\nBcc: b@example.com <a@example.com>'],
    ['KASSA_FIRST_USER_ID', '0'],
    ['KASSA_FIRST_ORDER_ID', '007'],
    ['KASSA_FIRST_OPERATION_ID', '9007199254740992'],
    ['KASSA_FIRST_MESSAGE_ID', 'm1'],
  ]
  for (const [name, text] of refused) {
    it(`refuses ${name}=${text.replace(/[\r\n]+/g, ' ⏎ ')}, saying what was got and an example`, () => {
      const [line = ''] = faultsOf({ [name]: text })
      assert.ok(line.startsWith(`${name}: got "${text}"; `), line)
      assert.match(line, new RegExp(`for example ${name}=\\S.*$`))
    })
  }

  const mailServers = [
    'mail.example.com',
    'http://mail.example.com',
    'smtp://',
    'smtp://shop@mail.example.com',
    'smtp://shop:pass%word@mail.example.com',
    'smtp://shop:pass%ff@mail.example.com',
    'smtp://shop:password@mail.example.com?tls.rejectUnauthorized=false',
    'smtp://shop:password@mail.example.com/folder',
    'smtp://shop:password@mail.example.com:66000',
    'shop:password@mail.example.com',
  ]
  for (const url of mailServers) {
    it(`refuses KASSA_SMTP_URL=${url}, and repeats no password`, () => {
      const [line = ''] = faultsOf({ KASSA_SMTP_URL: url })
      assert.match(line, /^KASSA_SMTP_URL: got something else .* for example KASSA_SMTP_URL=smtp:\S+$/)
      assert.doesNotMatch(line.split('; give')[0] as string, /pass%|:password/)
    })
  }

  for (const url of ['http://127.0.0.1:4222', 'nats://a:password@one,', 'nats://one, nats://a:password@two'])
    it(`refuses NATS_URL=${url}, and repeats no password`, () => {
      const [line = ''] = faultsOf({ NATS_URL: url })
      assert.match(line, /^NATS_URL: got something else .* for example NATS_URL=nats:\S+$/)
      assert.doesNotMatch(line.split('; give')[0] as string, /:password/)
    })

  it('are a mailbox and a mail server at once, with exit code 78; no password is repeated', () => {
    const both = { KASSA_MAIL: 'mailbox', KASSA_SMTP_URL: 'smtp://shop:password@mail.example.com' }
    const [line = '', ...others] = faultsOf(both)
    assert.match(line, /^KASSA_MAIL and KASSA_SMTP_URL: got both; give /)
    assert.deepEqual([others, line.includes('password')], [[], false])
    assert.throws(
      () => readConfig(both),
      (fault: ConfigFault) => fault.exitCode === 78,
    )
  })

  it('are told all at once, with exit code 78', () => {
    assert.throws(
      () => readConfig({ KASSA_PORT: 'x', KASSA_CURRENCY: 'x', KASSA_PARK_MS: 'x' }),
      (fault: ConfigFault) => fault.exitCode === 78 && fault.faults.length === 3,
    )
  })
})

describe('configuration: unknown names', () => {
  it('warn, with the name that was meant', () => {
    const { warnings } = readConfig({ KASSA_PROT: '8081' })
    assert.deepEqual(warnings, ['KASSA_PROT is not a setting of Kassa; did you mean KASSA_PORT?'])
  })

  it('warn without a guess when nothing is near', () => {
    assert.deepEqual(readConfig({ KASSA_COFFEE_MACHINE: 'on' }).warnings, [
      'KASSA_COFFEE_MACHINE is not a setting of Kassa',
    ])
  })
})

describe('configuration: the table for --help', () => {
  it('has every variable once, with a meaning and no path of this machine', () => {
    const rows = describeVariables()
    assert.equal(new Set(rows.map(row => row.name)).size, rows.length)
    assert.ok(rows.every(row => row.meaning.length > 0 && !row.standard.startsWith('/')))
  })
})
