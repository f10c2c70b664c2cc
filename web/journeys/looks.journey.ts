/** Looks: is every page readable for everybody, at each width, in both themes and languages? axe, the sideways
 * scroll at 320 px, targets that a finger hits, and a picture of each to look at (reports/looks). */
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'

import { looksOf, PLACES, type Look } from './pages.ts'
import { comeIn, deskOf, type Who } from './people.ts'
import { showsTheCore } from './phone.ts'

const TARGET_MIN = 24
const NARROW = 320
const desks = new Map<string, Page>()

async function pageOf(browser: Parameters<typeof deskOf>[0], who: Who | 'nobody'): Promise<Page> {
  const known = desks.get(who)
  if (known) return known
  const page = await (await deskOf(browser)).newPage()
  if (who !== 'nobody') await comeIn(page, who)
  desks.set(who, page)
  return page
}

async function show(page: Page, path: string, { width, theme, language }: Look): Promise<void> {
  await page.setViewportSize({ width, height: width < 700 ? 812 : 900 })
  await page.evaluate((wished) => {
    const key = 'forecourt-preferences'
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), ...wished }))
  }, { theme, language })
  await page.goto(path)
  await expect(page.locator('h1').first()).toBeVisible()
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
}

/** Whatever can be tapped and is no link within a sentence. */
async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const seen = [...document.querySelectorAll<HTMLElement>('button, a, input, select, summary, [role="button"]')]
    return seen
      .filter((one) => one.checkVisibility() && !one.closest('p, .unseen, label') && getComputedStyle(one).display !== 'inline')
      .filter((one) => {
        const { width, height } = one.getBoundingClientRect()
        return width > 1 && (width < least || height < least)
      })
      .map((one) => one.outerHTML.slice(0, 120))
  }, TARGET_MIN)
}

test.afterAll(async () => {
  for (const page of desks.values()) await page.context().close()
  desks.clear()
})

for (const [index, place] of PLACES.entries()) {
  for (const look of looksOf(index)) {
    test(`S-150 S-128 S-153 S-012 ${place.name} at ${look.width}, ${look.theme}, ${look.language}`, async ({ browser }) => {
      const page = await pageOf(browser, place.who)
      if (page.url() === 'about:blank') await page.goto('/sign-in')
      const path = typeof place.path === 'string' ? place.path : await place.path(page)
      await show(page, path, look)
      await place.open?.(page)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
      expect(await smallTargets(page)).toEqual([])
      await page.screenshot({ path: `reports/looks/${place.name}-${look.width}-${look.theme}-${look.language}.png`, fullPage: true })
      await showsTheCore(page)
      await page.setViewportSize({ width: NARROW, height: 812 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW)
    })
  }
}
