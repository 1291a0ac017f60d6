/** The banner: where everything is, what was found, and two lines to try. */
import { fileURLToPath } from 'node:url'
import { natsCommand } from '../bus/nats-command.ts'
import { describeRuntime } from '../processes/runtime.ts'
import { productVersion } from '../version.ts'

export type Situation = {
  url: string
  natsUrl: string
  /** The key of the operator, where the broker is ours. */
  natsKeyFile: string | undefined
  broker: string
  dataDir: string
  tookMs: number
  warnings: string[]
}

/** The lines to print when everything is ready. Both commands work as they stand. */
export function banner({ url, natsUrl, natsKeyFile, broker, dataDir, tookMs, warnings }: Situation): string {
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  const user = '{"first_name":"Ivan","last_name":"Ivanov","email":"ivan@example.com"}'
  return `
Kassa ${productVersion} is ready in ${Math.round(tookMs)} ms

  HTTP     ${url}/   (its description: ${url}/openapi.json)
  bus      ${natsUrl}   (${broker})
  runtime  ${describeRuntime()}, modules in ${modules}
  data     ${dataDir}

  curl -s ${url}/user/create/ -d '${user}'
  ${natsCommand(natsUrl, natsKeyFile)} sub '*.*.event.>'
${warnings.map(warning => `\n  Warning: ${warning}`).join('')}
Ctrl-C stops it.
`
}
