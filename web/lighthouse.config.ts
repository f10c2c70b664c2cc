/** Lighthouse: measured on a run of its own, or on the one that LIGHTHOUSE_URL names. */
import { defineConfig } from '@playwright/test'

import { runOf } from './journeys/run.ts'

const PORT = process.env['LIGHTHOUSE_PORT'] ?? '8094'
const GIVEN = process.env['LIGHTHOUSE_URL']

export default defineConfig({
  testDir: 'lighthouse',
  testMatch: 'pages.measure.ts',
  outputDir: 'reports/lighthouse-runs',
  workers: 1,
  timeout: 300_000,
  reporter: 'list',
  use: { baseURL: GIVEN ?? `http://localhost:${PORT}` },
  ...(GIVEN ? {} : { webServer: runOf(PORT, 'lighthouse-state') }),
})
