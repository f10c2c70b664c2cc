/** A place: one page of the app with what is open on it, and who sees it. */
import type { Page } from '@playwright/test'

import type { Who } from './people.ts'
import type { Telling } from './told.ts'

export type Opening = (page: Page) => Promise<void>

export interface Place {
  name: string
  who: Who | 'nobody'
  path: string | ((page: Page) => Promise<string>)
  /** What the page is told in the API's place. */
  told?: Telling
  /** What is opened before one looks: a dialog, an error. Of several each is looked at, and closed before the next. */
  open?: Opening | readonly Opening[]
  /** A menu that only a narrow page has, a list that only a wide one has beside what is chosen of it. */
  only?: 'narrow' | 'beside'
  /** Whether states are to be seen on it. */
  states?: boolean
  /** Whether it leaves a wish about money in the browser. */
  leaves?: boolean
}

/** Presses one after another, then waits for the dialog; each may take the place of the one before. */
export const dialogBy = (...buttons: string[]): Opening => async (page) => {
  for (const button of buttons) await page.locator(button).first().click()
  await page.locator('dialog[open]').first().waitFor()
}

/** From now on the page is told something else. */
export const after = (tell: Telling, open: Opening): Opening => async (page) => tell(page).then(() => open(page))

