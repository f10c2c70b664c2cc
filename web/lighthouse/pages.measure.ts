/** Lighthouse: how fast, accessible, sound and findable are the pages that people meet first? Three times each, the
 * median counts; a page of the office as a desk sees it, the others as a phone does. What Lighthouse says of each
 * median's performance stands in reports/lighthouse. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium, expect, test } from '@playwright/test'
import lighthouse, { desktopConfig, type RunnerResult } from 'lighthouse'

import { comeIn, knownDevice, type Who } from '../journeys/people.ts'
import { unpackedChromium } from '../journeys/run.ts'

const TIMES = 3
const LEAST = { performance: 95, accessibility: 100, 'best-practices': 95, seo: 95 } as const
type Category = keyof typeof LEAST
const CATEGORIES = Object.keys(LEAST) as Category[]

const PAGES: readonly { path: string; who: Who | 'nobody'; seenOn: 'phone' | 'desk' }[] = [
  { path: '/sign-in', who: 'nobody', seenOn: 'phone' },
  { path: '/top-up', who: 'customer', seenOn: 'phone' },
  { path: '/distributor', who: 'chuncheng', seenOn: 'phone' },
  { path: '/office', who: 'finance', seenOn: 'desk' },
]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

async function measured(url: string, port: number, seenOn: 'phone' | 'desk'): Promise<RunnerResult> {
  const flags = { port, onlyCategories: CATEGORIES, output: 'html', logLevel: 'error' } as const
  const told = await lighthouse(url, flags, seenOn === 'desk' ? desktopConfig : undefined)
  if (!told || told.lhr.runtimeError) throw new Error(told?.lhr.runtimeError?.message ?? `nothing was told of ${url}`)
  expect(new URL(told.lhr.finalDisplayedUrl).pathname, 'the page that was asked for').toBe(new URL(url).pathname)
  return told
}

const score = (told: RunnerResult, category: Category): number => Math.round((told.lhr.categories[category]?.score ?? 0) * 100)

function byMedian(all: readonly RunnerResult[], category: Category): readonly RunnerResult[] {
  return all.toSorted((one, other) => score(one, category) - score(other, category))
}

for (const { path, who, seenOn } of PAGES) {
  test(`${path} on a ${seenOn}`, async ({ baseURL }) => {
    const port = await freePort()
    const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'lighthouse-')), {
      executablePath: await unpackedChromium(),
      args: ['--no-sandbox', `--remote-debugging-port=${port}`],
      ...(baseURL ? { baseURL } : {}),
      locale: 'zh-CN',
    })
    await knownDevice(context)
    const page = context.pages()[0] ?? (await context.newPage())
    if (who !== 'nobody') await comeIn(page, who)
    await page.goto('about:blank')
    const all: RunnerResult[] = []
    while (all.length < TIMES) all.push(await measured(`${baseURL}${path}`, port, seenOn))
    await context.close()

    const middle = Math.floor(TIMES / 2)
    const cells = CATEGORIES.map((category) => {
      const sorted = byMedian(all, category).map((told) => score(told, category))
      expect.soft(sorted[middle], `${category} of ${path}`).toBeGreaterThanOrEqual(LEAST[category])
      return `${category} ${sorted[middle]} (${all.map((told) => score(told, category)).join(' ')})`
    })
    console.log([`${path}, ${seenOn}`.padEnd(20), ...cells.map((cell) => cell.padEnd(27))].join(' ').trim())
    mkdirSync('reports/lighthouse', { recursive: true })
    const report = String(byMedian(all, 'performance')[middle]?.report)
    writeFileSync(`reports/lighthouse/${path.replaceAll('/', '')}.html`, report)
  })
}
