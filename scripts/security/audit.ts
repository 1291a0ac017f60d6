/** Known holes in what Kassa is made of: `npm audit`, where the registry that npm uses can be asked. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const ASK_MS = 120_000

type Report = { metadata?: { vulnerabilities?: Record<string, number> } }

/** `holes`: how many are known; `undefined` where nobody could say, and `line` why. */
export const auditModules = (): { holes: number | undefined; line: string } => {
  const { stdout } = spawnSync('npm', ['audit', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: ASK_MS,
    shell: process.platform === 'win32',
  })
  const found = vulnerabilitiesIn(stdout ?? '')
  if (!found) return { holes: undefined, line: 'npm audit: not shown, its registry does not answer it' }
  const { total = 0, ...bySeverity } = found
  return { holes: total, line: `npm audit: ${total} known holes (${JSON.stringify(bySeverity)})` }
}

const vulnerabilitiesIn = (text: string): Record<string, number> | undefined => {
  try {
    return (JSON.parse(text) as Report).metadata?.vulnerabilities
  } catch {
    // What is no JSON was said by something in between.
    return undefined
  }
}
