/** A place: one page of the app with what is open on it, and who sees it. */
import type { Page } from '@playwright/test'

import type { Who } from './people.ts'
import type { Telling } from './told.ts'

export interface Place {
  name: string
  who: Who | 'nobody'
  path: string | ((page: Page) => Promise<string>)
  /** What the page is told in the API's place. */
  told?: Telling
  /** What is opened before one looks: a dialog, an error. */
  open?: (page: Page) => Promise<void>
  /** A menu that only a narrow page has, a list that only a wide one has beside what is chosen of it. */
  only?: 'narrow' | 'beside'
  /** Whether states are to be seen on it. */
  states?: boolean
  /** Whether it leaves a wish about money in the browser. */
  leaves?: boolean
}

/** Presses one after another, then waits for the dialog; each may take the place of the one before. */
export const dialogBy = (...buttons: string[]) => async (page: Page): Promise<void> => {
  for (const button of buttons) await page.locator(button).first().click()
  await page.locator('dialog[open]').first().waitFor()
}
