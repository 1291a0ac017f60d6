/** What is built while the tests run, for the few test files that need it. */
import { existsSync } from 'node:fs'
import { natsCli } from '../../test/nats-cli.ts'
import { buildGoTool, type GoTool, NATS_CLI, OLD_NATS_SERVER } from './go-tools.ts'
import { seconds } from './tell.ts'

/** A quiet machine takes some minutes, and one that runs tests more. */
const BUILD_MS = 900_000

/** The test files that need a program, and whether one is there already. */
const NEEDS: { file: string; tool: GoTool; isThere: boolean }[] = [
  { file: 'test/nats-cli.test.ts', tool: NATS_CLI, isThere: natsCli !== undefined },
  { file: 'test/old-broker.test.ts', tool: OLD_NATS_SERVER, isThere: existsSync(OLD_NATS_SERVER.file) },
]

/**
 * Begins to build what `files` need and this machine lacks. Gives, by test file, what to wait for before it runs; each
 * resolves also where nothing came of it, and the test then finds the reason in the environment.
 */
export function buildBeside(files: readonly string[]): Map<string, Promise<void>> {
  const needed = NEEDS.filter(({ file, isThere }) => files.includes(file) && !isThere)
  // One after the other: two at once would want all the cores, and most of their time.
  let before: Promise<void> = Promise.resolve()
  return new Map(
    needed.map(({ file, tool }) => {
      before = before.then(() => build(tool))
      return [file, before]
    }),
  )
}

async function build(tool: GoTool): Promise<void> {
  const began = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${seconds(BUILD_MS)}`)), BUILD_MS)
  })
  try {
    await Promise.race([buildGoTool(tool, BUILD_MS), late])
    console.log(`Built ${tool.name} with Go beside the tests, in ${seconds(performance.now() - began)}`)
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault)
    process.env[tool.lacking] = why
    console.log(`No ${tool.name} for the tests: ${why}`)
  } finally {
    clearTimeout(timer)
  }
}
