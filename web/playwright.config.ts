/** Journeys: a real browser drives the real run. Chromium comes out of a package, so no machine needs to have one. */
import chromium from '@sparticuz/chromium'
import { defineConfig } from '@playwright/test'

const PORT = process.env['JOURNEYS_PORT'] ?? '8090'
const BASE = process.env['JOURNEYS_URL'] ?? `http://localhost:${PORT}`

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
    baseURL: BASE,
    locale: 'zh-CN',
    timezoneId: 'America/New_York', // what is shown is Shanghai's time all the same
    viewport: { width: 375, height: 812 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: await chromium.executablePath(), args: ['--no-sandbox'] },
  },
  ...(process.env['JOURNEYS_URL']
    ? {}
    : {
        webServer: {
          command: 'rm -rf build/journeys-state && exec .venv/bin/python -m local.run', // a world of its own each time
          cwd: '..',
          wait: { stdout: /State and logs/ }, // the API answers before the demo world is there
          timeout: 180_000,
          gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
          env: { PORT, FORECOURT_STATE: 'build/journeys-state' },
        },
      }),
})
