#!/usr/bin/env node
import { installModules } from './modules.js'
/** The entry: any Node from 18 on starts it; it finds or fetches what is missing, then runs src/main.ts. */
import { startOverOnNewerNode, watchLifeline } from './newer-node.js'
import { resolveScript } from './script.js'

try {
  if (!(await startOverOnNewerNode())) {
    watchLifeline()
    await installModules()
    await import(resolveScript())
  }
} catch (fault) {
  // A message for a person carries its exit code; a defect shows its stack.
  console.error(fault.exitCode === undefined ? fault.stack : fault.message)
  process.exit(fault.exitCode ?? 1)
}
