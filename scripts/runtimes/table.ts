/** The README's table of runtimes, made of runtimes.json. */
import { CHECKS, type Check, RUNTIMES, SKIPS } from './runtimes.ts'

/** A column a runtime, a row a check; what is left out stands below, by name. */
export function runtimeTable(): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  const rows = (Object.keys(CHECKS) as Check[]).map(check =>
    line([
      CHECKS[check],
      ...RUNTIMES.map(({ name, runs }) => shown(runs[check], check === 'units' ? skipsOf(name) : 0)),
    ]),
  )
  return [
    line(['', ...RUNTIMES.map(({ name, version }) => `${name} (${version})`)]),
    line(['---', ...RUNTIMES.map(() => '---')]),
    line(['started by', ...RUNTIMES.map(({ start }) => `\`${start}\``)]),
    ...rows,
    '',
    ...SKIPS.map(
      ({ test, on, why }) => `- Left out ${on === 'root' ? 'as root' : `on ${on.join(', ')}`}: “${test}”: ${why}.`,
    ),
  ].join('\n')
}

const skipsOf = (name: string): number => SKIPS.filter(({ on }) => on !== 'root' && on.includes(name)).length

const shown = (runs: boolean, skips: number): string => (runs ? (skips > 0 ? `yes, but for ${skips}` : 'yes') : 'no')
