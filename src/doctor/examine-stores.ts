/** The stores, and the clock against them. */
import { lookAtStores, type StoreLook } from '../actors/store-look.ts'
import { type Finding, look, well, wrong } from './finding.ts'

/** An entry from the future by more than this, in ms: the clock was set back, and times stand still until it has caught up. */
const AHEAD_MOST = 2_000

/** The stores below `dataDir`, while nobody runs on them; and when their last entries were written, ms. */
export const examineStores = (dataDir: string): { findings: Finding[]; lastAt: number[] } => {
  const stores = lookAtStores(dataDir)
  return {
    findings: stores.map(examineStore),
    lastAt: stores.flatMap(store => (store.state === 'open' && store.entries > 0 ? [store.lastAt] : [])),
  }
}

const examineStore = (store: StoreLook): Finding => {
  const about = `store of ${store.actor}`
  switch (store.state) {
    case 'none':
      return well(about, 'none yet; the first start makes it')
    case 'in use':
      return look(about, 'a process has it open that no start knows of', `see who: ${store.path}.pid`)
    case 'closed':
      return wrong(
        about,
        store.fault,
        'move it away with its -wal and start: it is taken from its stream; or restore a backup',
      )
    case 'open':
      if (store.fault !== undefined)
        return wrong(about, store.fault, 'npm start: it is rebuilt from its log; then npm start -- verify')
      return well(about, `${store.entries} entries, its end is whole`)
  }
}

/** This machine's clock against the newest entries of the logs. */
export const examineClock = (lastAt: readonly number[], now: number): Finding => {
  const ahead = Math.max(...lastAt, 0) - now
  if (ahead <= AHEAD_MOST) return well('clock', new Date(now).toISOString())
  return wrong(
    'clock',
    `the logs are ${Math.ceil(ahead / 1000)} s ahead of it: it was set back, and times stand still until then`,
    'set it right (timedatectl set-ntp true); if the logs are wrong, wait',
  )
}
