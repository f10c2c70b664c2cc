/** The phone shows the core: at most five tabs, at its foot; one primary action a screen; what matters is hit by any
 * finger. What is open over a page is a screen of its own. */
import { expect, type Page } from '@playwright/test'

const PHONE = { width: 375, height: 812 }
const TABS_MAX = 5
const MAIN_TARGET = 44

interface Core {
  tabs: number
  /** Tabs that are not at the foot of the screen. */
  adrift: string[]
  primary: string[]
  /** Main targets that are too small. */
  small: string[]
}

export async function showsTheCore(page: Page): Promise<void> {
  await page.setViewportSize(PHONE)
  const core = await page.evaluate((least): Core => {
    const seen = (all: Iterable<Element>): HTMLElement[] => [...(all as Iterable<HTMLElement>)].filter((one) => one.checkVisibility())
    const screen = document.querySelector('dialog[open]') ?? document.body
    const tabs = seen(document.querySelectorAll('nav.places a'))
    const primary = seen(screen.querySelectorAll('.button.primary:not(.skip)'))
    const name = (one: HTMLElement): string => one.innerText.trim()
    return {
      tabs: tabs.length,
      adrift: tabs.filter((one) => Math.abs(one.getBoundingClientRect().bottom - innerHeight) > 4).map(name),
      primary: primary.map(name),
      small: [...tabs, ...primary].filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < least).map(name),
    }
  }, MAIN_TARGET)
  expect(core.tabs).toBeLessThanOrEqual(TABS_MAX)
  expect(core.primary.length, `primary: ${core.primary.join(', ')}`).toBeLessThanOrEqual(1)
  expect(core).toMatchObject({ adrift: [], small: [] })
}
