/** A real browser for tests: Debian's Chromium, or what CHROMIUM_BIN names. */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { isBun, isDeno } from '../src/processes/runtime.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

// No request of its own: what goes out is then the page's.
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The browser's file; `undefined` where there is none. */
const chromiumFile = (): string | undefined => process.env.CHROMIUM_BIN ?? PLACES.find(isProgram)

/** Why a test that needs a browser is skipped here; `false` where it is not. */
export const whyNoBrowser = (): string | false => {
  if (isBun || isDeno) return 'the browser is driven from Node: what it shows is the same on every runtime'
  return chromiumFile() === undefined && 'there is no Chromium on this machine; CHROMIUM_BIN names one'
}

export type Browser = { context: BrowserContext; close: () => Promise<void> }

/** Starts a browser with an empty profile. */
export const startBrowser = async (
  options: { colorScheme?: 'light' | 'dark'; viewport?: { width: number; height: number } } = {},
): Promise<Browser> => {
  const { chromium } = await import('playwright-core')
  const profile = mkdtempSync(join(tmpdir(), 'kassa-browser-'))
  const executablePath = chromiumFile()
  if (executablePath === undefined) throw new Error('Cannot start a browser: there is none on this machine')
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ARGS,
    headless: true,
    ...options,
  })
  return {
    context,
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
