/** All kinds of faults, and which of them this machine allows. */
import { isBun, isDeno } from '../../src/processes/runtime.ts'
import { whyNoDisks, whyNoStrace } from './disk.ts'
import { FAULTS_OF_DISKS } from './faults-of-disks.ts'
import { FAULTS_OF_PROCESSES } from './faults-of-processes.ts'
import { FAULTS_OF_MAIL, FAULTS_OUTSIDE } from './faults-outside.ts'
import type { Fault } from './surroundings.ts'

export const FAULTS = {
  ...FAULTS_OF_PROCESSES,
  ...FAULTS_OF_DISKS,
  ...FAULTS_OUTSIDE,
  ...FAULTS_OF_MAIL,
} satisfies Record<string, Fault>

export type Kind = keyof typeof FAULTS
export const KINDS = Object.keys(FAULTS) as Kind[]

const MAIL_KINDS = new Set<string>(Object.keys(FAULTS_OF_MAIL))
export const isOfMail = (kind: Kind): boolean => MAIL_KINDS.has(kind)

/** What this machine allows: disks of our own, and why kinds are left out. */
export type Means = { hasDisks: boolean; whyNoDisks: string | undefined; leftOut: Map<Kind, string> }

/** Finds out, with a try of each in `directory`. */
export const findMeans = async (directory: string): Promise<Means> => {
  const [noDisks, noStrace] = [await whyNoDisks(directory), await whyNoStrace()]
  const leftOut = new Map<Kind, string>()
  if (noDisks)
    for (const kind of ['full disk of the stores', 'full disk of the broker'] as const) leftOut.set(kind, noDisks)
  if (noStrace) for (const kind of ['slow fsync', 'failing fsync'] as const) leftOut.set(kind, noStrace)
  if (isDeno || isBun) leftOut.set('a leap of the clock', 'only Node lets its clock be moved from outside')
  return { hasDisks: noDisks === undefined, whyNoDisks: noDisks, leftOut }
}
