/** Runs the program beside it (`bin/build.js`), with the code that an earlier process of its kind has compiled. */
'use strict'
const { readFileSync, renameSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { Script } = require('node:vm')

const file = join(__dirname, 'program.js')
// Each kind of process needs other parts of it. Whatever else somebody types is short and keeps nothing.
const kind = ['actor', 'gateway', 'all', 'keeper'].find(word => word === process.argv[2]) ?? 'start'
const compiledFile = join(__dirname, `${kind}.compiled`)

const program = readFileSync(file, 'latin1')
const script = new Script(`(function (exports, require, module, KASSA_BUILT) {${program}\n})`, {
  filename: file,
  cachedData: compiledBefore(),
})
const home = createRequire(JSON.parse(readFileSync(join(__dirname, 'home.json'), 'utf8')))
script.runInThisContext()({}, home, {}, { file: __filename, keepCompiled, inSources })

function compiledBefore() {
  try {
    return readFileSync(compiledFile)
  } catch {
    // The first of its kind.
    return undefined
  }
}

/** Keeps what is compiled by now, unless somebody did before. Written beside and renamed: another may read it. */
function keepCompiled() {
  if (script.cachedDataRejected === false) return
  const beside = `${compiledFile}.${process.pid}`
  try {
    writeFileSync(beside, script.createCachedData())
    renameSync(beside, compiledFile)
  } catch {
    // A full disk, say: the next process compiles it again, and that is all.
  }
}

let lines

/** A stack with the files and lines of the sources in place of those of the program. */
function inSources(stack) {
  lines ??= JSON.parse(readFileSync(join(__dirname, 'lines.json'), 'utf8'))
  return stack.replaceAll(/[^\s()]*program\.js:(\d+):\d+/g, (place, number) => {
    const [source, line] = lines.lines.slice(2 * number - 2, 2 * number)
    return line ? `${lines.files[source]}:${line}` : place
  })
}
