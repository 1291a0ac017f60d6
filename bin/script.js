/** Which file runs: src/main.ts, or with `run <name>` one of scripts/. */
import { existsSync, readdirSync } from 'node:fs'

const scriptsDir = new URL('../scripts/', import.meta.url)

/** The URL of the file to import; `run <name>` is taken off the arguments, so that the script sees only its own. */
export function resolveScript() {
  const [subcommand, name] = process.argv.slice(2)
  if (subcommand !== 'run') return new URL('../src/main.ts', import.meta.url).href

  const file = new URL(`${name}.ts`, scriptsDir)
  if (!/^[a-z][a-z-]*$/.test(name ?? '') || !existsSync(file)) throw usageFault(name)
  process.argv.splice(2, 2)
  return file.href
}

function usageFault(name) {
  const files = existsSync(scriptsDir) ? readdirSync(scriptsDir) : []
  const names = files.filter(file => /^[a-z-]+\.ts$/.test(file)).map(file => file.slice(0, -3))
  return Object.assign(new Error(`Cannot run script "${name ?? ''}"; give one of: ${names.join(', ')}`), {
    exitCode: 2,
  })
}
