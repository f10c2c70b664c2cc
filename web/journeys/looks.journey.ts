/** Looks: is every page readable for everybody, at each width, in both themes and languages? axe, the sideways
 * scroll at 320 px, targets that a finger hits, and a picture of each to look at (reports/looks). */
import { appendFileSync, globSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'

import { dialogsOpen, dialogsWritten, putAside, unfold } from './dialogs.ts'
import { looksOf, PLACES, type Look } from './pages.ts'
import { comeIn, deskOf, type Who } from './people.ts'
import { showsTheCore } from './phone.ts'
import type { Place } from './place.ts'

const TARGET_MIN = 24
const NARROW = 320
const SCANS_MAX = 70
const OPENED = 'reports/journeys/opened'
const ROUNDED = 2 // of 255
const desks = new Map<string, Page>()
const paths = new Map<Place['path'], string>()

async function pageOf(browser: Parameters<typeof deskOf>[0], who: Who | 'nobody'): Promise<Page> {
  const known = desks.get(who)
  if (known) return known
  const page = await (await deskOf(browser)).newPage()
  if (who !== 'nobody') await comeIn(page, who)
  desks.set(who, page)
  return page
}

/** A thing that was found once is the thing of every look. */
async function pathOf({ path }: Place, page: Page): Promise<string> {
  if (typeof path === 'string') return path
  const found = paths.get(path) ?? (await path(page))
  paths.set(path, found)
  return found
}

async function dress(page: Page, { width, theme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: width < 700 ? 812 : 900 })
  await page.evaluate((wished) => (document.documentElement.dataset['theme'] = wished), theme)
}

async function show(page: Page, path: string, look: Look): Promise<void> {
  const { theme, language } = look
  await page.evaluate((wished) => {
    const key = 'forecourt-preferences'
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), ...wished }))
  }, { theme, language })
  await dress(page, look)
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

/** Wishes about money that a place has left are no part of the next one. */
async function forgetWishes(page: Page): Promise<void> {
  const { origin } = new URL(page.url())
  await page.goto('about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await session.detach()
  await page.goto(`${origin}/no/such/page`)
}

/** Without colours a state is a picture and a word; where it is to be seen, it is. */
async function colourless(page: Page, { name, states = false }: Place): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' })
  const picture = await page.screenshot({ path: `reports/looks/grey-${name}.png`, fullPage: true })
  expect(await colourOf(page, picture), 'the picture that is looked at has no colour').toBeLessThanOrEqual(ROUNDED)
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'none' })
  await session.detach()
  const chips = await page.locator('.chip, .fuel-card .state').evaluateAll((all) => all.map((chip) => [chip.textContent?.trim(), chip.querySelector('svg')?.outerHTML]))
  if (states) expect(chips.length).toBeGreaterThan(0)
  for (const [word, picture] of chips) {
    expect(word).toBeTruthy()
    expect(picture).toBeTruthy()
  }
}

/** How far the most colourful point of a picture is from grey. */
async function colourOf(page: Page, picture: Buffer): Promise<number> {
  return page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(image.width, image.height)
    const drawn = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
    drawn.drawImage(image, 0, 0)
    const { data: points } = drawn.getImageData(0, 0, image.width, image.height)
    let most = 0
    for (let at = 0; at < points.length; at += 4) {
      const [red = 0, green = 0, blue = 0] = [points[at], points[at + 1], points[at + 2]]
      most = Math.max(most, Math.abs(red - green), Math.abs(red - blue))
    }
    return most
  }, picture.toString('base64'))
}

async function seenIn(page: Page, place: Place, look: Look): Promise<void> {
  const name = `${place.name}-${look.width}-${look.theme}-${look.language}`
  await dress(page, look)
  expect(await smallTargets(page), name).toEqual([])
  await page.screenshot({ path: `reports/looks/${name}.png`, fullPage: true })
}

/** Kept in files, which playwright takes away before each run: another worker goes on after a failure. */
function writeDown({ name }: Place, opened: readonly string[]): void {
  mkdirSync(OPENED, { recursive: true })
  appendFileSync(join(OPENED, name), `${opened.join('\n')}\n`)
}

test.afterAll(async () => {
  for (const page of desks.values()) await page.context().close()
  desks.clear()
})

/** Each place is scanned once; nothing else scans. */
test('no more are scanned each time than the time of a change allows', () => {
  expect(PLACES.length).toBeLessThanOrEqual(SCANS_MAX)
  const scanning = globSync('{journeys,lighthouse,tools,src}/**/*.ts', { exclude: ['**/node_modules'] }).filter((file) => readFileSync(file, 'utf8').includes("'@axe-core/playwright'"))
  expect(scanning).toEqual(['journeys/looks.journey.ts'])
})

for (const [index, place] of PLACES.entries()) {
  for (const [turn, looks] of looksOf(place, index).entries()) {
    const [first] = looks as [Look]
    const seen = looks.map(({ width, theme }) => `${width} ${theme}`).join(', ')
    test(`S-150 S-128 S-153 S-012 ${place.states ? 'S-152 ' : ''}${place.name} in ${first.language}, ${seen}`, async ({ browser }) => {
      const page = await pageOf(browser, place.who)
      if (page.url() === 'about:blank') await page.goto('/sign-in')
      const path = await pathOf(place, page)
      await place.told?.(page)
      await show(page, path, first)
      const openings = [place.open ?? []].flat()
      let dialogs = 0
      for (const [number, open] of (openings.length ? openings : [null]).entries()) {
        if (number > 0) await putAside(page)
        await dress(page, first)
        await open?.(page)
        writeDown(place, await dialogsOpen(page))
        dialogs += await page.locator('dialog[open]').count()
        const part = number > 0 ? { ...place, name: `${place.name}-${number + 1}` } : place
        for (const look of looks) await seenIn(page, part, look)
        if (turn === 0) await colourless(page, part)
        await showsTheCore(page)
      }
      expect(await unfold(page)).toBe(dialogs)
      for (const look of looks) {
        await dress(page, look)
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze() // no frames: one pass is enough
        expect.soft(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`), `${look.width} ${look.theme}`).toEqual([])
      }
      await page.setViewportSize({ width: NARROW, height: 812 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      if (place.leaves) await forgetWishes(page)
    })
  }
}

test('every dialog that is written anywhere was opened at one of the places', () => {
  const opened = new Set(readdirSync(OPENED).flatMap((file) => readFileSync(join(OPENED, file), 'utf8').split('\n')))
  const tagsOf = (name: string): string[] => [...opened].filter((tag) => tag.startsWith(`${name}: `))
  const missing = [...dialogsWritten()].filter(([name, count]) => tagsOf(name).length < count)
  expect(missing.map(([name, count]) => `${name} writes ${count}, opened: ${tagsOf(name).join(', ')}`)).toEqual([])
})
