/** Coming in. */
import { expect, test } from '@playwright/test'

import { comeIn, deskOf } from './people.ts'

test('a customer signs in, reloads, and is still in', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('首页')
  await page.reload()
  await expect(page.locator('.fuel-card').first()).toContainText('¥')
  expect(await page.evaluate(() => document.cookie)).toBe('')
})

test('a distributor signs in with an authenticator', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'chuncheng')
  await expect(page).toHaveURL(/\/home$/)
})

test('staff begin in the office', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'finance')
  await expect(page).toHaveURL(/\/office$/)
})
