/** Every setting of Kassa: one schema, read from the environment in this file alone. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { demoVariable } from './configuration/demo.ts'
import { firstId } from './configuration/first-id.ts'
import { mailFaults, mailIn, mailSettings } from './configuration/mail-settings.ts'
import { faultLine, optionalSetting, setting, variableOf } from './configuration/setting.ts'
import {
  count,
  host,
  jwks,
  moneyMinor,
  natsUrl,
  oneOrZero,
  onOff,
  otlpHeaders,
  path,
  port,
  startingId,
} from './configuration/setting-text.ts'
import { unknownNames } from './configuration/unknown-names.ts'
import { exitCodes, type PlainFault, plainFault } from './exit.ts'

const cloneDir = fileURLToPath(new URL('..', import.meta.url))

const schema = z.object({
  host: setting(host, {
    name: 'KASSA_HOST',
    standard: '127.0.0.1',
    wish: 'give the address of a network interface of this machine, 0.0.0.0 for all, or a name of it',
    example: '127.0.0.1',
    meaning: 'address that the gateway listens on; other than loopback only with a key and TLS',
  }),
  port: setting(port, {
    name: 'KASSA_PORT',
    standard: '8080',
    shown: '8080, or the next free',
    wish: 'give a port from 0 to 65535; 0 takes any free one',
    example: '8080',
    meaning: 'port of the gateway; one that you ask for and that is taken is refused',
  }),
  tlsCert: optionalSetting(path, {
    name: 'KASSA_TLS_CERT',
    wish: 'give the path of a PEM file',
    example: '/etc/kassa/cert.pem',
    meaning:
      'certificate of the gateway, with those that vouch for it; then it speaks HTTPS; read again when it changes',
  }),
  tlsKey: optionalSetting(path, {
    name: 'KASSA_TLS_KEY',
    wish: 'give the path of a PEM file',
    example: '/etc/kassa/key.pem',
    meaning: 'private key of the certificate',
  }),
  trustProxy: setting(onOff, {
    name: 'KASSA_TRUST_PROXY',
    standard: 'off',
    wish: 'give on or off',
    example: 'on',
    meaning: 'whether a proxy that ends TLS stands in front, so that keys do not travel in the clear',
  }),
  operatorKeyFile: optionalSetting(path, {
    name: 'KASSA_OPERATOR_KEY_FILE',
    wish: 'give the path of a file with one key in it',
    example: '/run/credentials/kassa.service/operator-key',
    meaning: 'a file with an operator’s key, 32 to 200 of A-Z a-z 0-9 _ -, for containers and systemd credentials',
  }),
  jwtIssuer: optionalSetting(z.string().min(1), {
    name: 'KASSA_JWT_ISSUER',
    wish: 'give the iss of the tokens',
    example: 'https://login.example.com/',
    meaning: 'whose JSON Web Tokens let users in, each to what is theirs; with KASSA_JWT_AUDIENCE and KASSA_JWT_JWKS',
  }),
  jwtAudience: optionalSetting(z.string().min(1), {
    name: 'KASSA_JWT_AUDIENCE',
    wish: 'give the aud of the tokens',
    example: 'kassa',
    meaning: 'whom the tokens are for',
  }),
  jwtKeys: optionalSetting(jwks, {
    name: 'KASSA_JWT_JWKS',
    wish: 'give an https URL (http on loopback), or the absolute path of a file',
    example: 'https://login.example.com/.well-known/jwks.json',
    meaning: 'where the public keys of the issuer are (RFC 7517)',
  }),
  jwtAlgorithm: setting(z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']), {
    name: 'KASSA_JWT_ALGORITHM',
    standard: 'RS256',
    wish: 'give RS256, PS256, ES256 or EdDSA',
    example: 'ES256',
    meaning: 'how the tokens are signed, all of them',
  }),
  rateLimit: setting(count(1_000_000), {
    name: 'KASSA_RATE_LIMIT',
    standard: '100',
    wish: 'give requests a second from 0 to 1000000; 0 sets no limit',
    example: '100',
    meaning:
      'requests a second by one key, or from one address without, once keys are needed; ten seconds’ worth may come at once',
  }),
  dataDir: setting(path, {
    name: 'KASSA_DATA',
    standard: resolve(cloneDir, 'data'),
    shown: 'data/ of the clone',
    wish: 'give a directory',
    example: '/var/lib/kassa',
    meaning: 'directory of the stores and of the broker’s files',
  }),
  processes: setting(z.enum(['many', 'one']), {
    name: 'KASSA_PROCESSES',
    standard: 'many',
    wish: 'give many or one',
    example: 'one',
    meaning: 'whether the gateway and each actor have a process of their own, or all of them share one',
  }),
  demo: setting(oneOrZero, demoVariable),
  natsUrl: optionalSetting(natsUrl, {
    name: 'NATS_URL',
    wish: 'give the URL of a NATS server with JetStream, or several of one cluster with commas between them',
    example: 'nats://127.0.0.1:4222',
    meaning: 'a NATS server that runs already; none is started then',
    isSecret: true,
  }),
  natsNkey: optionalSetting(path, {
    name: 'NATS_NKEY',
    wish: 'give a file with an nkey seed',
    example: '/etc/kassa/billing.nk',
    meaning: 'the key by which a part gets in at `NATS_URL`; unset, the one that the data directory has for it',
  }),
  natsCreds: optionalSetting(path, {
    name: 'NATS_CREDS',
    wish: 'give a credentials file',
    example: '/etc/kassa/kassa.creds',
    meaning: 'credentials (a JWT and its seed) for `NATS_URL`',
  }),
  natsCa: optionalSetting(path, {
    name: 'NATS_CA',
    wish: 'give a file with certificates (PEM)',
    example: '/etc/kassa/ca.pem',
    meaning: 'who may have signed the certificate of `NATS_URL`, which then must use TLS',
  }),
  natsCert: optionalSetting(path, {
    name: 'NATS_CERT',
    wish: 'give a file with a certificate (PEM)',
    example: '/etc/kassa/client.pem',
    meaning: 'the certificate that is shown to `NATS_URL`',
  }),
  natsKey: optionalSetting(path, {
    name: 'NATS_KEY',
    wish: 'give a file with the key of NATS_CERT (PEM)',
    example: '/etc/kassa/client.key',
    meaning: 'the key of `NATS_CERT`',
  }),
  natsPort: setting(port, {
    name: 'KASSA_NATS_PORT',
    standard: '4222',
    shown: '4222, or the next free',
    wish: 'give a port from 0 to 65535; 0 takes any free one',
    example: '4222',
    meaning: 'port of the nats-server that Kassa starts',
  }),
  natsServerBin: optionalSetting(path, {
    name: 'NATS_SERVER_BIN',
    wish: 'give the path of a nats-server program',
    example: '/usr/local/bin/nats-server',
    meaning: 'the nats-server to start; otherwise one is looked for, then fetched',
  }),
  settleWaitMs: setting(count(60_000), {
    name: 'KASSA_SETTLE_WAIT_MS',
    standard: '300',
    wish: 'give milliseconds from 0 to 60000',
    example: '300',
    meaning: 'how long the reply to a new order may wait for its settling, ms',
  }),
  letterPending: setting(onOff, {
    name: 'KASSA_LETTER_PENDING',
    standard: 'on',
    wish: 'give on or off',
    example: 'off',
    meaning: 'whether an order that waits gets a letter too',
  }),
  idempotencyHours: setting(count(87_600), {
    name: 'KASSA_IDEMPOTENCY_HOURS',
    standard: '168',
    wish: 'give hours from 0 to 87600',
    example: '168',
    meaning: 'how long an Idempotency-Key is remembered, hours',
  }),
  streamDays: setting(count(36_500), {
    name: 'KASSA_STREAM_DAYS',
    standard: '0',
    wish: 'give days from 0 to 36500; 0 keeps everything',
    example: '90',
    meaning:
      'how long an entry that everybody has read stays in its stream, days; 0 keeps all; the stores keep all in any case',
  }),
  parkMs: setting(count(86_400_000), {
    name: 'KASSA_PARK_MS',
    standard: '300000',
    wish: 'give milliseconds from 0 to 86400000',
    example: '300000',
    meaning: 'how long a queued command waits for what it needs before it is a dead letter, ms',
  }),
  currency: setting(z.string().regex(/^[A-Z]{3}$/), {
    name: 'KASSA_CURRENCY',
    standard: 'RUB',
    wish: 'give three capital letters (ISO 4217)',
    example: 'EUR',
    meaning: 'the one currency of this installation, which `/version` tells; amounts have two decimals in any',
  }),
  catalogFile: setting(path, {
    name: 'KASSA_CATALOG',
    standard: resolve(cloneDir, 'data', 'catalog.json'),
    shown: 'data/catalog.json of the clone',
    wish: 'give a JSON file, a list of {product_id, name, price}',
    example: '/etc/kassa/catalog.json',
    meaning: 'products and prices, loaded on the first start',
  }),
  defaultPriceMinor: optionalSetting(moneyMinor, {
    name: 'KASSA_DEFAULT_PRICE',
    wish: 'give an amount above zero with at most two decimals',
    example: '99.90',
    meaning: 'price of a product that the catalogue does not know; unset, such an order is refused',
  }),
  ...mailSettings,
  requestDeadlineMs: setting(count(600_000), {
    name: 'KASSA_REQUEST_DEADLINE_MS',
    standard: '10000',
    wish: 'give milliseconds from 0 to 600000',
    example: '10000',
    meaning: 'how long the gateway tries before a request is 503, ms',
  }),
  otlpEndpoint: optionalSetting(z.string().regex(/^https?:\/\/[^\s?#]+$/), {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    wish: 'give http:// or https:// and where an OpenTelemetry collector takes OTLP over HTTP',
    example: 'http://127.0.0.1:4318',
    meaning: 'where traces are sent (OTLP as JSON, to `/v1/traces` below it); unset, none are recorded',
  }),
  otlpHeaders: optionalSetting(otlpHeaders, {
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    wish: 'give name=value, several with commas between them, values percent-encoded',
    example: 'authorization=Bearer%20token',
    meaning: 'headers for the collector',
    isSecret: true,
  }),
  logLevel: setting(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), {
    name: 'KASSA_LOG_LEVEL',
    standard: 'info',
    wish: 'give fatal, error, warn, info, debug, trace or silent',
    example: 'warn',
    meaning: 'what is logged on stderr, as JSON lines; at a terminal as readable text',
  }),
  firstUserId: setting(startingId, firstId('USER', '93493453', 'user')),
  firstOrderId: setting(startingId, firstId('ORDER', '54321', 'order')),
  firstOperationId: setting(startingId, firstId('OPERATION', '12345', 'operation')),
  firstMessageId: setting(startingId, firstId('MESSAGE', '67890', 'letter')),
})

/** The settings as the code reads them. A port counts as asked for when its variable is set, even to the usual number. */
export type Config = z.output<typeof schema> & { portAsked: boolean; natsPortAsked: boolean }

export type ConfigFault = PlainFault & { faults: string[] }

/**
 * Reads the configuration. Empty variables count as unset. Unknown `KASSA_*` names are warnings;
 * everything that is wrong is thrown as one `ConfigFault` (exit code 78), a line each.
 */
export function readConfig(env: Record<string, string | undefined>): { config: Config; warnings: string[] } {
  const given = Object.entries(schema.shape).map(([key, field]) => [key, env[variableOf(field).name] || undefined])
  const outcome = schema.safeParse(Object.fromEntries(given))

  if (!outcome.success) {
    const wrong = new Set(outcome.error.issues.map(issue => issue.path[0] as keyof typeof schema.shape))
    throw configFault([...wrong].map(key => lineOf(key, env)))
  }
  const together = mailFaults(outcome.data)
  if (together.length > 0) throw configFault(together)

  const asked = { portAsked: Boolean(env.KASSA_PORT), natsPortAsked: Boolean(env.KASSA_NATS_PORT) }
  return {
    config: { ...outcome.data, ...asked, mail: mailIn(outcome.data) },
    warnings: unknownNames(
      env,
      Object.values(schema.shape).map(field => variableOf(field).name),
    ),
  }
}

/** The table of all variables, in the order of the schema, for `--help` and the documents. */
export function describeVariables(): { name: string; standard: string; meaning: string }[] {
  return Object.values(schema.shape).map(field => {
    const { name, standard, shown, meaning } = variableOf(field)
    return { name, standard: shown ?? standard ?? '', meaning }
  })
}

function lineOf(key: keyof typeof schema.shape, env: Record<string, string | undefined>): string {
  const variable = variableOf(schema.shape[key])
  return faultLine(variable, env[variable.name])
}

function configFault(faults: string[]): ConfigFault {
  const message = `Cannot start with this configuration:\n${faults.map(fault => `  ${fault}`).join('\n')}`
  return Object.assign(plainFault(exitCodes.configuration, message), { faults })
}
