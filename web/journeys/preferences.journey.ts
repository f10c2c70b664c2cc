/** Preferences follow a person from one device to the next, wait for the network where there is none, and are reset
 * everywhere by one button. */
import { expect, test, type Page } from '@playwright/test'

import { comeIn, deskOf, leaveAll } from './people.ts'

const ofAccount = '/v1/me/preferences'

/** How the page looks now. */
const look = (page: Page) =>
  page.evaluate(() => {
    const { dataset, lang } = document.documentElement
    return { theme: dataset['theme'], elder: dataset['elder'], lang, size: parseFloat(getComputedStyle(document.documentElement).fontSize) }
  })

const FIRST = { theme: 'light', elder: 'false', lang: 'zh-CN', size: 16 }
const WISHED = { theme: 'dark', elder: 'true', lang: 'zh-CN', size: 36 }

/** By the button; the account's are deleted, then read anew. */
async function reset(page: Page): Promise<void> {
  const deleted = page.waitForResponse((answer) => answer.url().endsWith(ofAccount) && answer.request().method() === 'DELETE')
  const read = page.waitForResponse((answer) => answer.url().endsWith(ofAccount) && answer.request().method() === 'GET')
  await page.getByRole('button', { name: '恢复默认' }).click()
  expect((await deleted).status()).toBe(200)
  await read
  await expect(page.locator('.panel [aria-disabled="true"]')).toHaveCount(0)
}

test.afterEach(({ browser }) => leaveAll(browser))

test('S-135 S-133 what is wished offline on one device is found on the next, and one button resets device and account', async ({ browser }) => {
  const context = await deskOf(browser)
  const page = await context.newPage()
  await comeIn(page, 'customer')
  await page.goto('/me/preferences')
  await reset(page)
  expect(await look(page)).toEqual(FIRST)

  let put = 0
  page.on('response', (answer) => (put += Number(answer.url().endsWith(ofAccount) && answer.request().method() === 'PUT' && answer.ok())))
  await context.setOffline(true)
  await page.getByLabel('主题').selectOption('dark')
  await page.getByLabel('字号').selectOption({ label: '150%' })
  await page.getByRole('checkbox', { name: /关怀模式/ }).check()
  expect(await look(page)).toEqual(WISHED)
  await expect(page.locator('.connection').getByText('当前离线')).toBeVisible()
  expect(put).toBe(0)
  const kept = page.waitForResponse((answer) => answer.url().endsWith(ofAccount) && answer.request().method() === 'PUT')
  await context.setOffline(false)
  await kept
  await page.reload()
  await expect(page.getByLabel('主题')).toBeVisible()
  expect(await look(page)).toEqual(WISHED)
  expect(put).toBe(1)

  const other = await (await deskOf(browser)).newPage()
  await comeIn(other, 'customer')
  await expect.poll(() => look(other)).toEqual(WISHED)
  await other.goto('/me/preferences')
  await reset(other)
  expect(await look(other)).toEqual(FIRST)
  expect(await other.evaluate(() => localStorage.getItem('forecourt-preferences'))).toBeNull()

  const third = await (await deskOf(browser)).newPage()
  await comeIn(third, 'customer')
  const read = third.waitForResponse((answer) => answer.url().endsWith(ofAccount) && answer.ok())
  await third.reload()
  await read
  expect(await look(third)).toEqual(FIRST)
})
