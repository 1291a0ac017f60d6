/** The dispatch: which subcommand runs, and what the process ends with. */

import { type Subcommand, subcommands } from './commands.ts'
import { nearestName } from './configuration/nearest-name.ts'
import { exitCodes, plainFault } from './exit.ts'
import { helpLine, helpText } from './help.ts'
import { endWithFault } from './processes/child.ts'

const helpWords = ['--help', '-h', 'help']

async function dispatch(words: string[]): Promise<number> {
  const [name = 'start', ...operands] = words
  if (helpWords.includes(name)) return print(helpText(subcommands))

  const subcommand = subcommands.find(known => known.name === (name === '--version' ? 'version' : name))
  if (!subcommand) throw unknownSubcommand(name)
  if (operands.some(operand => helpWords.includes(operand))) return print(helpLine(subcommand))
  if (!subcommand.readsWords && operands.length > (subcommand.operands ? 1 : 0))
    throw usageFault(`${name} takes no "${operands.at(-1)}"`, subcommand)
  return subcommand.run(operands)
}

function print(text: string): number {
  console.log(text)
  return exitCodes.ok
}

function unknownSubcommand(name: string): Error {
  const meant = nearestName(
    name,
    subcommands.map(subcommand => subcommand.name),
  )
  const guess = meant
    ? `did you mean ${meant}?`
    : `give one of: ${subcommands.map(subcommand => subcommand.name).join(', ')}`
  return plainFault(exitCodes.usage, `Cannot run "${name}"; ${guess}\nnpm start -- --help tells all.`)
}

function usageFault(message: string, subcommand: Subcommand): Error {
  return plainFault(exitCodes.usage, `${message}\n${helpLine(subcommand)}`)
}

// Stores and keys are nobody else's to read: files 0600, directories 0700.
process.umask(0o077)
dispatch(process.argv.slice(2)).then(code => process.exit(code), endWithFault)
