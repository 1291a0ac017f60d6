/** Builds the program: `node bin/build.js <directory>` puts src/main.ts and all that it imports into one file there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'src', 'main.ts')
const directory = resolve(process.argv[2])

const { outputFiles } = await build({
  entryPoints: [main],
  outfile: join(directory, 'program.js'),
  write: false,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: `node${process.versions.node}`,
  // What is asked for only now and then becomes a require, since a Script of node:vm may import nothing by itself.
  supported: { 'dynamic-import': false },
  charset: 'ascii',
  legalComments: 'none',
  sourcemap: 'external',
  sourcesContent: false,
  // One finds its binary beside itself; the others are much, and for those who have a mail server.
  external: ['better-sqlite3', 'nodemailer', 'smtp-server'],
  logLevel: 'error',
  plugins: [
    { name: 'places of the sources', setup: keepPlaces },
    { name: 'one language', setup: leaveLanguagesOut },
  ],
})
const [map, text] = outputFiles.map(file => file.text)
// It is read as Latin-1, of which V8 keeps one byte a character. esbuild leaves others in comments and in regular
// expressions, where the escape means the same.
const program = text.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

keep('program.js', program)
keep('lines.json', JSON.stringify(linesOf(program, JSON.parse(map))))
keep('home.json', JSON.stringify({ main, sum: crc32(program) }))
keep('kassa.cjs', readFileSync(new URL('built-program.cjs', import.meta.url)))

/** On the disk before the directory gets its name: after a power cut an empty program would end every start at once. */
function keep(name, content) {
  writeFileSync(join(directory, name), content, { flush: true })
}

/** What a source finds from where it lies, such as package.json, the program finds there, too. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const place = JSON.stringify(pathToFileURL(path).href)
    return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', () => place), loader: 'ts' }
  })
}

/** What zod says is said in English; its other languages would be an eighth of the program. */
function leaveLanguagesOut({ onLoad }) {
  onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
    contents: "export { default as en } from './en.js'",
  }))
}

/** Where each line of the program comes from, for stacks: a place among `files`, and the line there; both 0 for none. */
function linesOf(program, payload) {
  const sourceMap = new SourceMap(payload)
  const files = ['', ...payload.sources.map(source => relative(root, resolve(directory, source)))]
  const places = new Map(payload.sources.map((source, place) => [source, place + 1]))
  const lines = program.split('\n').flatMap((text, line) => {
    const { originalSource, originalLine } = sourceMap.findEntry(line, text.search(/\S|$/))
    return originalSource === undefined ? [0, 0] : [places.get(originalSource), originalLine + 1]
  })
  return { files, lines }
}
