/** The run and the browser: what do journeys and measures drive, and with what? */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import chromium from '@sparticuz/chromium'
import type { PlaywrightTestConfig } from '@playwright/test'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGE = new URL('../node_modules/@sparticuz/chromium/package.json', import.meta.url)

/** Chromium out of its package, so that no machine needs to have one. It would take whichever version was unpacked
 * first, so that each has a folder of its own. */
export async function unpackedChromium(): Promise<string> {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = join(ROOT, 'build', `chromium-${version}`)
  mkdirSync(process.env['TMPDIR'], { recursive: true })
  const path = await chromium.executablePath()
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  return path
}

/** A world of its own each time, in build/NAME; the API answers before it is there. */
export const runOf = (port: string, name: string): NonNullable<PlaywrightTestConfig['webServer']> => ({
  command: `rm -rf build/${name} && exec .venv/bin/python -m local.run`,
  cwd: ROOT,
  wait: { stdout: /State and logs/ },
  timeout: 180_000,
  gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
  env: { PORT: port, FORECOURT_STATE: `build/${name}` },
})
