/** Coming in. */
import { expect, test } from '@playwright/test'

import { comeIn, deskOf } from './people.ts'

test('a script in a link is shown and never run', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  const script = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
  await page.goto(`/join/${encodeURIComponent(script)}`)
  await expect(page.locator('#main code')).toHaveText(script)
  expect(await page.evaluate(() => 'ran' in window || document.querySelector('#main img, #main script') !== null)).toBe(false)
})

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

test('signing out is one tap from every page, and leaves nothing of the person in the browser', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.evaluate(() => sessionStorage.setItem('forecourt-draft:anything', '{"name":"typed"}'))
  for (const path of ['/home', '/cards', '/orders', '/service']) {
    await page.goto(path)
    await expect(page.getByRole('link', { name: '我的', exact: true })).toBeVisible()
  }
  await page.getByRole('link', { name: '我的', exact: true }).click()
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
  const kept = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])
  expect(kept.filter((key) => !/^forecourt-(device|preferences|columns|onboarding|demo)/.test(key))).toEqual([])
  expect(await page.context().cookies()).toEqual([])
  await page.goto('/home')
  await expect(page).toHaveURL(/\/sign-in\?next=/)
})
