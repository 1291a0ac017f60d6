/** Runs the program beside it (`bin/build.js`), with the code that an earlier process of its kind has compiled. */
'use strict'
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')
const { crc32 } = require('node:zlib')

const file = join(__dirname, 'program.js')
// Each kind of process needs other parts of it. Whatever else somebody types is short and keeps nothing.
const kind = ['actor', 'gateway', 'all', 'keeper'].find(word => word === process.argv[2]) ?? 'start'
const compiledFile = join(__dirname, `${kind}.compiled`)
const SUM_BYTES = 4
let lines

const { main, sum } = JSON.parse(readFileSync(join(__dirname, 'home.json'), 'utf8'))
const bytes = readFileSync(file)
if (crc32(bytes) === sum) run(bytes.toString('latin1'))
else void runSources()

function run(program) {
  const script = new Script(`(function (exports, require, module, KASSA_BUILT) {${program}\n})`, {
    filename: file,
    cachedData: compiledBefore(),
  })
  const keepCompiled = () => {
    // Somebody did before.
    if (script.cachedDataRejected !== false) keep(script.createCachedData())
  }
  script.runInThisContext()({}, createRequire(main), {}, { file: __filename, keepCompiled, inSources })
}

function runSources() {
  console.error(`Warning: runs from its sources: ${file} is damaged; once it is gone, the next start builds it anew`)
  try {
    rmSync(__dirname, { recursive: true, force: true })
  } catch {
    // A cache that nobody may write to: the sources run from now on.
  }
  return import(pathToFileURL(main).href)
}

/** V8 takes what it is given, and ends the process or runs other code where a bit of it has flipped: so it has a sum before it. */
function compiledBefore() {
  try {
    const kept = readFileSync(compiledFile)
    const compiled = kept.subarray(SUM_BYTES)
    return kept.readUInt32LE(0) === crc32(compiled, sum) ? compiled : undefined
  } catch {
    // The first of its kind, or the file is cut off.
    return undefined
  }
}

/** For processes of the same kind. Written beside and renamed: another may read it. */
function keep(compiled) {
  const beside = `${compiledFile}.${process.pid}`
  const sumBefore = Buffer.alloc(SUM_BYTES)
  sumBefore.writeUInt32LE(crc32(compiled, sum))
  try {
    writeFileSync(beside, Buffer.concat([sumBefore, compiled]))
    renameSync(beside, compiledFile)
  } catch {
    // A full disk, say: the next process compiles it again, and that is all.
  }
}

/** A stack with the files and lines of the sources in place of those of the program; as it is where nobody knows them any more. */
function inSources(stack) {
  if (!stack.includes(file)) return stack
  try {
    lines ??= JSON.parse(readFileSync(join(__dirname, 'lines.json'), 'utf8'))
  } catch {
    // The cache was emptied meanwhile. What is to be told matters more.
    return stack
  }
  const [before, ...after] = stack.split(`${file}:`)
  return before + after.map(placed).join('')
}

/** What follows the name of the program in a stack: its line and column, and more. */
function placed(text) {
  const [place, number] = /^(\d+):\d+/.exec(text) ?? ['', 0]
  const [source, line] = lines.lines.slice(2 * number - 2, 2 * number)
  return `${line ? `${lines.files[source]}:${line}` : `${file}:${place}`}${text.slice(place.length)}`
}
