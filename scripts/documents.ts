/** `npm run documents`: makes anew what the documents take from the code. */
import { writeFileSync } from 'node:fs'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { madeDocuments, pathOf, writtenDocument } from './documenting/documents.ts'

try {
  for (const { file, text } of madeDocuments()) {
    const isInStep = writtenDocument(file) === text
    if (!isInStep) writeFileSync(pathOf(file), text)
    console.log(`${isInStep ? 'in step' : 'written'}  ${file}`)
  }
  process.exit(exitCodes.ok)
} catch (fault) {
  endWithFault(fault)
}
