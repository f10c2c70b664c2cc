/** Keys: how does somebody without a mouse go through a page? By Tab to what they want, with a focus that can be seen at
 * each stop; Enter, Space, Esc and arrows do the rest. */
import { expect, type Locator, type Page } from '@playwright/test'

const TABS_MAX = 80
const CHOICES_MAX = 20

/** Whether whoever looks at the page sees where the focus is: on the element, or on what stands for it beside. */
export async function focusIsSeen(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    const at = document.activeElement
    if (!at || at === document.body) return 'nothing has the focus'
    const outlined = [at, at.nextElementSibling].some((one) => {
      if (!one) return false
      const { outlineStyle, outlineWidth } = getComputedStyle(one)
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    })
    return outlined ? '' : at.outerHTML.slice(0, 160)
  })
  expect(seen).toBe('')
}

export const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluateAll((all) => all.some((one) => one === document.activeElement))

/** After the last stop of a page come those of the browser itself. */
const isOutside = (page: Page): Promise<boolean> => page.evaluate(() => document.activeElement === document.body)

/** Goes on by Tab until the target has the focus; each stop on the way can be seen. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target.first()).toBeVisible()
  for (let tab = 0; tab < TABS_MAX; tab += 1) {
    if (await isFocused(target)) return focusIsSeen(page)
    await page.keyboard.press('Tab')
    if (!(await isOutside(page))) await focusIsSeen(page)
  }
  throw new Error(`not reached by ${TABS_MAX} tabs: ${target}`)
}

export async function press(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** Whatever stood there goes. */
export async function typeInto(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(text)
}

/** A date is typed part by part, as this browser writes it: month, day, year. */
export async function typeDate(page: Page, target: Locator, [year, month, day]: readonly [number, number, number]): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.type(`${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}${year}`)
}

/** One of a group of radios, or of the options of a list: gone through by arrows until it is the one. */
export async function choose(page: Page, group: Locator, isIt: () => Promise<boolean>): Promise<void> {
  await tabTo(page, group)
  for (let step = 0; step < CHOICES_MAX && !(await isIt()); step += 1) {
    await page.keyboard.press('ArrowDown')
    await focusIsSeen(page)
  }
  expect(await isIt()).toBe(true)
}

/** Esc closes what is open, and the focus goes back to where it was opened. */
export async function escape(page: Page, opener: Locator): Promise<void> {
  await expect(page.locator('dialog[open]')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog[open]')).toHaveCount(0)
  await expect(opener).toBeFocused()
  await focusIsSeen(page)
}
