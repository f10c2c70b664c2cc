/** Looks: is every page readable for everybody, at each width, in both themes and languages? axe, the sideways
 * scroll at 320 px, targets that a finger hits, and a picture of each to look at (reports/looks). */
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'

import { looksOf, PLACES, type Look } from './pages.ts'
import { comeIn, deskOf, type Who } from './people.ts'

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

/** A modal dialog makes the rest of its page inert, and a scan leaves out what is. Put back into the page, it is modal
 * no more: page and dialog are seen by one scan. */
async function unfold(page: Page): Promise<void> {
  await page.locator('dialog[open]').evaluateAll((all) => {
    for (const one of all) {
      const [around, next] = [one.parentElement, one.nextSibling]
      one.remove()
      one.style.position = 'static'
      around?.insertBefore(one, next)
    }
  })
  await expect(page.locator(':modal')).toHaveCount(0)
}

/** Wishes about money that a place has left are no part of the next one. */
async function forgetWishes(page: Page): Promise<void> {
  const { origin } = new URL(page.url())
  await page.goto('about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await session.detach()
  await page.goto(`${origin}/no/such/page`)
}

test.afterAll(async () => {
  for (const page of desks.values()) await page.context().close()
  desks.clear()
})

for (const [index, place] of PLACES.entries()) {
  for (const look of looksOf(place, index)) {
    test(`S-150 ${place.name} at ${look.width}, ${look.theme}, ${look.language}`, async ({ browser }) => {
      const page = await pageOf(browser, place.who)
      if (page.url() === 'about:blank') await page.goto('/sign-in')
      const path = typeof place.path === 'string' ? place.path : await place.path(page)
      await place.told?.(page)
      await show(page, path, look)
      await place.open?.(page)
      expect(await smallTargets(page)).toEqual([])
      await page.screenshot({ path: `reports/looks/${place.name}-${look.width}-${look.theme}-${look.language}.png`, fullPage: true })
      await unfold(page)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
      await page.setViewportSize({ width: NARROW, height: 812 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      if (place.leaves) await forgetWishes(page)
    })
  }
}
