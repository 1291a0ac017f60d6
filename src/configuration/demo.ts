/** The setting of a demo: a Kassa that may be broken by whoever may ask it. */
import type { Variable } from './setting.ts'

export const demoVariable: Variable & { standard: string } = {
  name: 'KASSA_DEMO',
  standard: '0',
  wish: 'give 1 or 0',
  example: '1',
  meaning:
    'with 1, whoever may ask this Kassa may also break it, by the console’s Try page; only on loopback and with a broker of its own',
}
