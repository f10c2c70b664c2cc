/** A network that comes and goes: it is said at once, nothing that was typed is lost, nothing is sent but by a tap, and
 * the whole app is there without it. */
import { readdirSync } from 'node:fs'

import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test'

import { comeIn, deskOf, ordersOf, PASSWORD, PEOPLE } from './people.ts'

const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')
const banner = (page: Page): Locator => page.locator('.connection').getByText('当前离线')
const payButton = (page: Page): Locator => dialog(page).getByRole('button', { name: /^付款/ })
const tray = (page: Page): Locator => main(page).locator('.intent')

/** Unlike those of the other journeys, so that no two wishes are the same. */
const AMOUNTS = [31, 32, 33] as const

async function atConfirmation(page: Page, yuan: number): Promise<void> {
  await page.goto('/top-up')
  await expect(main(page).getByLabel('自定义金额')).toBeVisible()
  const card = main(page).getByLabel('充值到')
  if (await card.count()) await card.selectOption({ label: await card.locator('option', { hasText: /Forecourt 记名/ }).first().innerText() })
  await main(page).getByLabel('自定义金额').fill(String(yuan))
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await expect(payButton(page)).toBeEnabled()
}

async function payableFen(page: Page): Promise<number> {
  const shown = await payButton(page).innerText()
  return Math.round(Number(shown.replace(/[^\d.]/g, '')) * 100)
}

/** The service worker has the whole shell, and answers this page. */
async function shellKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done))
  })
}

async function clearHttpCache(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page)
  await session.send('Network.clearBrowserCache')
  await session.detach()
}

test('S-132 within a second of the network’s end a banner with a picture and a word says so, and goes with its return', async ({ browser }) => {
  const context = await deskOf(browser)
  const page = await context.newPage()
  await comeIn(page, 'customer')
  await expect(banner(page)).toHaveCount(0)
  for (let time = 0; time < 2; time += 1) {
    await context.setOffline(true)
    await expect(banner(page)).toBeVisible({ timeout: 1_000 })
    await expect(page.locator('.connection svg')).toBeVisible()
    await expect(page.locator('.connection')).toContainText('付款不会自动发送')
    await context.setOffline(false)
    await expect(banner(page)).toHaveCount(0, { timeout: 1_000 })
  }
})

test('S-133 three wishes that were made offline wait as drafts, and are sent once each, by three taps', async ({ browser }) => {
  const context = await deskOf(browser)
  const page = await context.newPage()
  await comeIn(page, 'customer')
  const before = await ordersOf(page)
  const keys: string[] = []
  const told: number[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/orders')) keys.push(request.headers()['idempotency-key'] ?? '')
  })
  for (const [index, yuan] of AMOUNTS.entries()) {
    await atConfirmation(page, yuan)
    told.push(await payableFen(page))
    await context.setOffline(true)
    await payButton(page).click()
    await expect(dialog(page).getByText('草稿，尚未发送')).toBeVisible()
    await context.setOffline(false)
    await page.goto('/home')
    await expect(tray(page)).toHaveCount(index + 1)
  }
  expect(keys).toEqual([])

  for (const [index, yuan] of AMOUNTS.entries()) {
    await page.goto('/home')
    await tray(page).filter({ hasText: `¥${yuan}.00` }).getByRole('button', { name: '继续确认' }).click()
    await main(page).getByRole('button', { name: /去确认/ }).click()
    await payButton(page).click()
    await expect(page).toHaveURL(/\/pay\//)
    await page.goto('/home')
    await expect(tray(page)).toHaveCount(AMOUNTS.length - index - 1)
  }
  expect(new Set(keys).size).toBe(AMOUNTS.length)
  const made = (await ordersOf(page)).filter((order) => !before.some((old) => old.order_id === order.order_id))
  expect(made.map((order) => order.payable_fen).sort()).toEqual(told.sort())
})

test('offline, with the browser’s cache cleared, every page and every file of the app is there', async ({ browser }) => {
  const context = await deskOf(browser)
  const page = await context.newPage()
  await page.goto('/sign-in')
  await shellKept(page)
  await clearHttpCache(context, page)
  await context.setOffline(true)
  for (const path of ['/sign-in', '/register', '/demo', '/top-up', '/distributor', '/office', '/no/such/page']) {
    await page.goto(path)
    await expect(page.locator('#app > *').first()).toBeAttached()
    await expect(page.locator('h1').first()).toBeVisible()
    expect((await page.locator('h1').first().innerText()).trim(), path).not.toBe('')
  }
  const files = readdirSync('dist/assets')
  const missing = await page.evaluate(async (names) => {
    const told = await Promise.all(names.map(async (name) => ((await fetch(`/assets/${name}`).catch(() => null))?.ok ? '' : name)))
    return told.filter(Boolean)
  }, files)
  expect(missing).toEqual([])
  expect(files.length).toBeGreaterThan(50)
  const api = await page.evaluate(() => fetch('/v1/health').then(() => 'answered', () => 'no answer'))
  expect(api).toBe('no answer')
})

test('who reloads without a network is told so, and is back where they were once there is one', async ({ browser }) => {
  const context = await deskOf(browser)
  const page = await context.newPage()
  await comeIn(page, 'customer')
  await shellKept(page)
  await page.goto('/orders')
  await context.setOffline(true)
  await page.reload()
  await expect(page.getByText('没有网络，暂时不知道您是否已经登录')).toBeVisible()
  await context.setOffline(false)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('订单')
  expect(new URL(page.url()).pathname).toBe('/orders')
})

test('a wish of unknown outcome outlives the sign-out, and only its owner sees it again', async ({ browser }) => {
  test.setTimeout(120_000)
  const context = await deskOf(browser)
  const page = await context.newPage()
  await comeIn(page, 'customer')
  const before = await ordersOf(page)
  await atConfirmation(page, 34)
  const price = (await payableFen(page)) / 100
  await page.route('**/v1/orders', (route) => (route.request().method() === 'POST' ? route.abort('connectionrefused') : route.continue()))
  await payButton(page).click()
  await expect(dialog(page).getByText('结果未知')).toBeVisible()
  await page.unroute('**/v1/orders')
  await page.goto('/me')
  await main(page).getByRole('button', { name: '退出登录' }).click()
  await expect(page).toHaveURL(/sign-in/)

  await comeIn(page, 'dianchi')
  await page.goto('/home')
  await expect(main(page).getByRole('heading', { level: 1 })).toBeVisible()
  await expect(main(page).locator('[aria-busy="true"]')).toHaveCount(0)
  await expect(tray(page)).toHaveCount(0)
  await page.goto('/me')
  await main(page).getByRole('button', { name: '退出登录' }).click()
  await expect(page).toHaveURL(/sign-in/)

  await page.locator('input[autocomplete="username"]').fill(PEOPLE.customer)
  await page.locator('input[autocomplete="current-password"]').fill(PASSWORD)
  await page.locator('button[type="submit"]').click()
  await expect(tray(page)).toContainText('结果未知')
  await expect(tray(page)).toContainText(`¥${price.toFixed(2)}`)
  await expect(page.getByText(/失败|未通过/)).toHaveCount(0)
  expect((await ordersOf(page)).length).toBe(before.length)
  await tray(page).getByRole('button', { name: '查询结果' }).click()
  await expect(tray(page).getByText('系统没有收到这一单')).toBeVisible()
  await tray(page).getByRole('button', { name: '用同一编号再发一次' }).click()
  await expect(tray(page).getByText('查到了：已经成功')).toBeVisible()
  expect((await ordersOf(page)).length).toBe(before.length + 1)
})
