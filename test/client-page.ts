/** The code blocks of docs/clients.md, and one program made of all that are in one language. */

/** A part of the page under one heading: its blocks by language. */
export type Section = { title: string; blocks: Partial<Record<Fence, string>> }

export type Fence = 'bash' | 'ts' | 'python' | 'json'

const HEADING = /^#{2,3} /m
const BLOCK = /^```(bash|ts|python|json)\n([\s\S]*?)^```$/gm

/** All parts that have a block, in their order. */
export function sectionsOf(page: string): Section[] {
  const parts = page.split(HEADING).slice(1)
  const sections = parts.map(part => ({
    title: part.slice(0, part.indexOf('\n')),
    blocks: Object.fromEntries([...part.matchAll(BLOCK)].map(([, fence, text]) => [fence, text])),
  }))
  return sections.filter(({ blocks }) => Object.keys(blocks).length > 0)
}

/** How a language says that a block has ended, and how it prints a value as JSON instead of its own way. */
type Manner = { file: string; mark: string; printing: string }

const MARK = '--- the block ends here'

export const MANNERS: Record<Exclude<Fence, 'json'>, Manner> = {
  bash: { file: 'client.sh', mark: `printf '\\n${MARK}\\n'`, printing: 'set -euo pipefail' },
  ts: {
    file: 'client.ts',
    mark: `process.stdout.write('\\n${MARK}\\n')`,
    printing: 'console.log = (value: unknown) => void process.stdout.write(JSON.stringify(value))',
  },
  python: {
    file: 'client.py',
    mark: `builtins.print('\\n${MARK}')`,
    printing: 'import builtins, json\nprint = lambda value: builtins.print(json.dumps(value))',
  },
}

/** One program of all blocks, as they stand on the page but for the address; `replies` reads its output. */
export function programOf(fence: keyof typeof MANNERS, sections: Section[], url: string): string {
  const { mark, printing } = MANNERS[fence]
  const blocks = sections.map(({ blocks }) => (blocks[fence] ?? '').replaceAll('http://127.0.0.1:8080', url))
  return [printing, ...blocks.flatMap(block => [block, mark])].join('\n')
}

/** What each block printed. */
export const outputsOf = (output: string): string[] => output.split(`\n${MARK}\n`).slice(0, -1)
