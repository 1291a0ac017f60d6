/** The tables of the documents: operations, settings, problems. */
import { PROBLEMS, type ProblemCode } from '../../src/bus/problem.ts'
import { describeVariables } from '../../src/config.ts'
import { ADVICE } from '../../src/gateway/problem-advice.ts'
import type { Route } from '../../src/gateway/route.ts'
import { ROUTES } from '../../src/gateway/routes.ts'

/** Every operation of the gateway's table, in its order. */
export function routeTable(): string {
  const rows = ROUTES.map(route => [
    `\`${route.method} ${shownPath(route)}\``,
    route.spec.summary,
    String(route.success),
    ownerOf(route),
  ])
  return table(['request', 'what it does', 'success', 'who answers'], rows)
}

/** Every variable of the environment, as `--help` tells it. */
export function configurationTable(): string {
  const rows = describeVariables().map(({ name, standard, meaning }) => [`\`${name}\``, standard || 'unset', meaning])
  return table(['variable', 'standard', 'meaning'], rows)
}

/** Every code of a problem document, by its status. */
export function problemTable(): string {
  const codes = (Object.keys(PROBLEMS) as ProblemCode[]).sort((a, b) => PROBLEMS[a].status - PROBLEMS[b].status)
  const rows = codes.map(code => [String(PROBLEMS[code].status), `\`${code}\``, PROBLEMS[code].title, ADVICE[code]])
  return table(['status', 'code', 'what it means', 'what to do'], rows)
}

/** The founding document writes some paths with a slash at their end; both forms answer. */
const shownPath = ({ path }: Route): string =>
  `${path.replace(/:(\w+)/g, '{$1}')}${/^\/(user|orders)\/create$|^\/money\/put$/.test(path) ? '/' : ''}`

const ownerOf = (route: Route): string => {
  if (route.kind === 'queue') return `the queue, then ${route.actor}`
  if (route.kind === 'events') return 'every actor’s stream'
  if (route.kind === 'metrics') return 'the gateway asks all'
  return 'actor' in route ? route.actor : 'the actor that has it'
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
