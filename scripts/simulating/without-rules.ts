/** The simulation on copies of the source that lack a rule each: a rule that nobody misses is not proven to be needed, or not tested. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REMOVED_RULES, type RemovedRule } from './removed-rules.ts'

/** What a run of the simulation is made of. */
const COPIED = ['src', 'test/simulation', 'scripts', 'package.json', 'package-lock.json']

/** Runs up to `seeds` seeds without each rule that has `rule` in its name; true when there are some, and every one was missed. */
export const missRules = async (
  root: string,
  { seeds, rule }: { seeds: number; rule: string },
  say: (line: string) => void,
): Promise<boolean> => {
  const unmissed: string[] = []
  const rules = REMOVED_RULES.filter(removed => removed.rule.includes(rule))
  if (rules.length === 0) {
    say(`No rule has "${rule}" in its name; these there are:\n${REMOVED_RULES.map(one => `  ${one.rule}`).join('\n')}`)
    return false
  }
  for (const removed of rules) {
    const found = await runWithout(root, removed, seeds)
    if (found === undefined) unmissed.push(removed.rule)
    say(`${found === undefined ? 'NOT MISSED' : 'missed'}  ${removed.rule}`)
    if (found !== undefined) say(`    ${found}`)
  }
  say(`${rules.length - unmissed.length} of ${rules.length} rules are missed when they are not there`)
  return unmissed.length === 0
}

/** What is said of the first seed that breaks a promise. */
const runWithout = async (root: string, removed: RemovedRule, seeds: number): Promise<string | undefined> => {
  const copy = mkdtempSync(join(tmpdir(), 'kassa-without-'))
  try {
    for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
    remove(copy, removed)
    const more = removed.faults ? ['--faults', removed.faults.join(',')] : []
    const said = await output(copy, ['scripts/simulate.ts', '--seeds', String(seeds), '--stop', ...more])
    return shown(said) ?? neverReached(said, removed)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const remove = (copy: string, { file, find, replace }: RemovedRule): void => {
  const path = join(copy, file)
  const parts = readFileSync(path, 'utf8').split(find)
  if (parts.length !== 2) throw new Error(`Cannot remove a rule: ${file} has ${parts.length - 1} times ${find}`)
  writeFileSync(path, parts.join(replace))
}

const output = (cwd: string, words: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const add = (chunk: Buffer): void => {
      text += chunk.toString('utf8')
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.on('error', reject)
    child.on('close', () => resolve(text))
  })

const shown = (said: string): string | undefined => {
  const lines = said.split('\n')
  const at = lines.findIndex(line => /^seed \d+ \(/.test(line))
  if (at >= 0) return `${lines[at]?.split(' ', 2).join(' ')}: ${lines[at + 1]?.trim().slice(0, 200)}`
  // What does not even begin has not missed anything.
  if (!lines.some(line => line.includes(' broke a promise'))) throw new Error(`Cannot run without a rule:\n${said}`)
  return undefined
}

/** What the run says that it has never reached is what fails it, where that is what the rule is for. */
const neverReached = (said: string, { never }: RemovedRule): string | undefined => {
  const paths = /^Never reached: (.*)$/m.exec(said)?.[1]?.split(', ') ?? []
  return never !== undefined && paths.includes(never) ? `never reached: ${never}` : undefined
}
