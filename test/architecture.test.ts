/** The shape of the source: who may import whom, what is pure, how files begin and are named. */
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import { cyclesOf, type Imports, readImports } from './architecture/imports.ts'
import { PLACES, placeOf, reachesInto } from './architecture/places.ts'
import { readSources, readTracked } from './architecture/sources.ts'

const sources = readSources(['src', 'test', 'bench', 'scripts'])
const imports: Imports = readImports(sources)
const product = sources.filter(({ file }) => file.startsWith('src/') && !isTest(file))
/** About three hundred: beyond it a file has two ideas. */
const linesMost = 320

/** Tests, and what is there for them alone. */
function isTest(file: string): boolean {
  return /\.test\.ts$|(^|\/)test-[a-z-]+\.ts$|-suite\.ts$/.test(file)
}

/** One assertion for all faults: whoever breaks a rule wants to see every place at once. */
function assertNone(faults: string[]): void {
  assert.deepEqual(faults, [])
}

describe('architecture: who imports whom', () => {
  for (const { name, holds, may } of PLACES) {
    it(`${name} imports only what it may`, () => {
      const own = [...imports].filter(([file]) => holds(file) && !isTest(file))
      assert.ok(own.length > 0, `no file is in this place any more; mend the table of places`)
      assertNone(
        own.flatMap(([file, targets]) =>
          targets.filter(to => !holds(to) && !may(to, file)).map(to => `${file} → ${to}`),
        ),
      )
    })
  }

  it('an actor knows of another only its contract', () => {
    const faults = [...imports].flatMap(([file, targets]) =>
      targets.filter(to => reachesInto(file, to)).map(to => `${file} → ${to}`),
    )
    assertNone(faults)
  })

  it('every file of src has its place in the table', () => {
    assertNone(product.map(({ file }) => file).filter(file => placeOf(file) === undefined))
  })

  it('the product imports no test and nothing outside src', () => {
    const faults = product.flatMap(({ file }) =>
      (imports.get(file) ?? []).filter(to => isTest(to) || !to.startsWith('src/')).map(to => `${file} → ${to}`),
    )
    assertNone(faults)
  })

  it('there is no cycle', () => {
    const isSimulation = (file: string) => file.startsWith('test/simulation/')
    const outside = new Map([...imports].filter(([file]) => !isSimulation(file)))
    assertNone(cyclesOf(outside).map(cycle => cycle.join(' → ')))
  })
})

describe('architecture: rules', () => {
  const rules = product.filter(({ file }) => basename(file) === 'rules.ts')
  const allowed = /\/(kernel\/decision|values|contract|templates)\.ts$/
  const impure =
    /\bnode:|\b(Date\.now|new Date\(\)|Math\.random|process|performance|console|fetch|setTimeout|globalThis|await|async)\b/

  it('there are some', () => assert.ok(rules.length >= 3))

  it('import only decisions, values, contracts and templates', () => {
    assertNone(
      rules.flatMap(({ file }) =>
        (imports.get(file) ?? []).filter(to => !allowed.test(to)).map(to => `${file} → ${to}`),
      ),
    )
  })

  it('know no clock, no chance, no process and no network', () => {
    assertNone(
      rules.flatMap(({ file, lines }) =>
        lines.filter(line => impure.test(codeOf(line))).map(line => `${file}: ${line.trim()}`),
      ),
    )
  })
})

describe('architecture: files', () => {
  it('begin with one sentence that says what they are', () => {
    assertNone(
      sources.filter(({ lines }) => !/^\/\*\* \S.*[.:?!].* \*\/$/.test(lines[0] ?? '')).map(({ file }) => file),
    )
  })

  it('are named in kebab-case after what they define', () => {
    const vague = /^(index|utils?|helpers?|common|types|misc|shared)\.ts$/
    assertNone(
      sources
        .map(({ file }) => file)
        .filter(file => vague.test(basename(file)) || !/^[a-z0-9-]+(\.[a-z]+)*\.ts$/.test(basename(file))),
    )
  })

  it(`have at most ${linesMost} lines, tests apart`, () => {
    assertNone(
      product.filter(({ lines }) => lines.length > linesMost).map(({ file, lines }) => `${file}: ${lines.length}`),
    )
  })

  it('have only types that can be erased: every runtime runs them as they are', () => {
    const unerasable =
      /^\s*(export\s+)?(declare\s+)?(const\s+)?(enum|namespace)\s+\w|constructor\([^)]*\b(private|public|protected|readonly)\s|^\s*@\w+\(/
    assertNone(
      sources.flatMap(({ file, lines }) =>
        lines.filter(line => unerasable.test(line)).map(line => `${file}: ${line.trim()}`),
      ),
    )
  })
})

describe('architecture: statements of SQL', () => {
  // Why: `Store`.
  const ordered = /ORDER BY|SELECT (?:min|max)\(/
  const compared = /(?:WHERE|AND) \w+ = (?:\?|@\w+\b)(?! (?:\|\| ''|\+ 0))/
  const limited = /LIMIT (?:\?|@\w+\b)(?! \+ 0)/
  const textOf = ({ lines }: { lines: string[] }) => lines.join('\n')
  const selects = product.flatMap(({ file, ...source }) =>
    [...textOf(source).matchAll(/(['"`])(SELECT\b[^`]*?)\1/g)].map(([, , sql = '']) => ({ file, sql })),
  )

  it('are there', () => assert.ok(selects.length > 50, String(selects.length)))

  it('have no bare parameter as a limit, nor compare one where rows are ordered, so that they are compiled once', () => {
    const faults = selects.filter(({ sql }) => limited.test(sql) || (ordered.test(sql) && compared.test(sql)))
    assertNone(faults.map(({ file, sql }) => `${file}: ${sql}`))
  })
})

describe('architecture: everything that is tracked', () => {
  const tracked = readTracked()
  const found = (pattern: RegExp, except: RegExp = /^$/) =>
    tracked
      .filter(({ file }) => !except.test(file))
      .flatMap(({ file, lines }) =>
        lines.flatMap((line, index) =>
          pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
        ),
      )

  it('puts nothing off in a comment', () => assertNone(found(/\b(TO[D]O|FIX[M]E|XX[X])\b/)))

  it('names no package registry: whoever installs has one configured', () => {
    assertNone(found(/registry\.(npmjs|yarnpkg|npmmirror)\.|\bproxy\.golang\.org|\bnpm\.pkg\.github/))
  })

  it('names no place of one machine', () => {
    assertNone(found(/(^|[\s"'`=(:])\/(tmp|work|root|home\/\w+)\/\w/))
  })
})

/** A line without its comment and strings, roughly: enough for words that no rule may use. */
function codeOf(line: string): string {
  return line.replace(/\/\/.*|^\s*\/?\*.*|'[^']*'|`[^`]*`/g, text => (text.includes('node:') ? text : ''))
}
