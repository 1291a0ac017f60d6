/** The screen that is left when no nats-server can be had: lines to copy for this system. */

const ways: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['brew install nats-server'],
  win32: ['winget install NATSAuthors.NATSServer', 'choco install nats-server', 'scoop install nats-server'],
}

const linuxWays = [
  'sudo apt-get install nats-server        # Debian 14, Ubuntu with 2.12 or later',
  'sudo apk add nats-server                # Alpine',
  'go install github.com/nats-io/nats-server/v2@v2.15.2',
]

/** What to do by hand; the message of the fault with which the start ends. */
export function lastResort(platform: NodeJS.Platform): string {
  const lines = ways[platform] ?? linuxWays
  return [
    'Cannot start: no nats-server of 2.10 or later was found, and none could be fetched (the lines above say why).',
    '',
    'Install one and start again:',
    ...lines.map(line => `  ${line}`),
    '',
    'Or fetch a release (github.com/nats-io/nats-server/releases) and name it:',
    '  NATS_SERVER_BIN=/path/to/nats-server npm start',
    '',
    'Or name a server that runs already, with JetStream:',
    '  NATS_URL=nats://127.0.0.1:4222 npm start',
  ].join('\n')
}
