/** What is built while the tests run, for the few test files that need it. */
import { natsCli } from '../../test/nats-cli.ts'
import { buildGoTool, type GoTool, NATS_CLI } from './go-tools.ts'
import { seconds } from './tell.ts'

/** A quiet machine takes some minutes, and one that runs tests more. */
const BUILD_MS = 900_000

/** The test files that need a program, and whether one is there already. */
const NEEDS: { file: string; tool: GoTool; isThere: boolean }[] = [
  { file: 'test/nats-cli.test.ts', tool: NATS_CLI, isThere: natsCli !== undefined },
]

/**
 * Begins to build what `files` need and this machine lacks. Gives, by test file, what to wait for before it runs; each
 * resolves also where nothing came of it, and the test then finds the reason in the environment.
 */
export function buildBeside(files: readonly string[]): Map<string, Promise<void>> {
  const needed = NEEDS.filter(({ file, isThere }) => files.includes(file) && !isThere)
  return new Map(needed.map(({ file, tool }) => [file, build(tool)]))
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
