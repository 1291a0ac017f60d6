/** The help: subcommands, exit codes, and the variables as the schema knows them. */

import type { Subcommand } from './commands.ts'
import { describeVariables } from './config.ts'

/** The whole help. */
export function helpText(subcommands: Subcommand[]): string {
  const width = Math.max(...subcommands.map(subcommand => synopsis(subcommand).length))
  const variables = describeVariables()
  const [nameWidth, standardWidth] = [
    Math.max(...variables.map(({ name }) => name.length)),
    Math.max(...variables.map(({ standard }) => standard.length)),
  ]

  return [
    'Kassa takes orders, keeps money and sends letters.',
    '',
    'Usage: npm start -- [subcommand]     or: node bin/kassa.js [subcommand]',
    '',
    ...subcommands.map(subcommand => `  ${synopsis(subcommand).padEnd(width)}  ${subcommand.meaning}`),
    `  ${'run <script>'.padEnd(width)}  run one of scripts/, as npm test and npm run bench do`,
    `  ${'--help'.padEnd(width)}  this; after a subcommand, its own line`,
    '',
    'Variables of the environment (standard in brackets):',
    ...variables.map(
      ({ name, standard, meaning }) =>
        `  ${name.padEnd(nameWidth)}  ${`[${standard}]`.padEnd(standardWidth + 2)}  ${meaning}`,
    ),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 69 something needed is not to be had, 78 bad configuration.',
  ].join('\n')
}

/** The help of one subcommand. */
export function helpLine(subcommand: Subcommand): string {
  const lines = [`Usage: npm start -- ${synopsis(subcommand)}`, `  ${subcommand.meaning}`]
  return [...lines, ...(subcommand.details === undefined ? [] : [subcommand.details])].join('\n')
}

function synopsis({ name, operands }: Subcommand): string {
  return operands ? `${name} ${operands}` : name
}
