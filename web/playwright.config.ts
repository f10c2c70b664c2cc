/** Journeys: a real browser drives the real run. */
import { defineConfig } from '@playwright/test'

import { runOf, unpackedChromium } from './journeys/run.ts'

const PORT = process.env['JOURNEYS_PORT'] ?? '8090'
const GIVEN = process.env['JOURNEYS_URL']

export default defineConfig({
  testDir: 'journeys',
  testMatch: '*.journey.ts',
  outputDir: 'reports/journeys',
  fullyParallel: false,
  workers: 1,
  retries: 1, // what needs it is told as flaky at the end
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'reports/journeys.json' }]],
  use: {
    baseURL: GIVEN ?? `http://localhost:${PORT}`,
    locale: 'zh-CN',
    timezoneId: 'America/New_York', // what is shown is Shanghai's time all the same
    viewport: { width: 375, height: 812 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: await unpackedChromium(), args: ['--no-sandbox'] },
  },
  ...(GIVEN ? {} : { webServer: runOf(PORT, 'journeys-state') }),
})
