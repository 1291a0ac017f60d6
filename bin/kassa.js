#!/usr/bin/env node
/** The entry: any Node from 18 on starts it; it finds or fetches what is missing, then runs the program. */
import module from 'node:module'
import { join } from 'node:path'
import { builtProgram } from './built.js'
import { cacheDir } from './cache.js'
import { installModules } from './modules.js'
import { startOverOnNewerNode, watchLifeline } from './newer-node.js'
import { resolveScript } from './script.js'

try {
  if (!(await startOverOnNewerNode())) {
    watchLifeline()
    await installModules({ clients: process.argv[2] === 'run' })
    const program = process.argv[2] === 'run' ? undefined : await builtProgram()
    if (program === undefined) keepCompiledCode()
    await import(program ?? resolveScript())
  }
} catch (fault) {
  // A message for a person carries its exit code; a defect shows its stack.
  console.error(fault.exitCode === undefined ? fault.stack : fault.message)
  process.exit(fault.exitCode ?? 1)
}

/** Stripped types and compiled code are kept for this process and its children: each starts in half the time. */
function keepCompiledCode() {
  process.env.NODE_COMPILE_CACHE ??= join(cacheDir(), 'compile')
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
}
