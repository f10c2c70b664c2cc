/** A customer pays, on a network that is good, bad or gone: one order each, and never a false "failed". The channel's
 * own page, and what it asks for, is no part of the taps that are counted. */
import { expect, test, type Locator, type Page, type Route } from '@playwright/test'

import { comeIn, deskOf, leaveAll, ordersOf } from './people.ts'

const PHONE = { viewport: { width: 360, height: 640 } }
const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')
const payButton = (page: Page): Locator => dialog(page).getByRole('button', { name: /^付款/ })

/** The last amount that a test has wished. */
let amount = 200

/** On the top-up page with an amount of its own, so that no two tests wish the same. */
async function atConfirmation(page: Page, yuan = (amount += 1)): Promise<void> {
  await page.goto('/top-up')
  await main(page).getByLabel('自定义金额').fill(String(yuan))
  await byChannel(page)
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await expect(payButton(page)).toBeEnabled()
}

/** Else it is paid as the last order was. */
async function byChannel(page: Page): Promise<void> {
  await main(page).getByRole('radio', { name: /支付渠道/ }).check()
}

const isOrder = (route: Route): boolean => route.request().method() === 'POST'

async function neverFailed(page: Page): Promise<void> {
  await expect(page.getByText(/失败|未通过|没有完成/)).toHaveCount(0)
}

test.afterEach(({ browser }) => leaveAll(browser))

test('S-124 S-058 S-010 a returning customer tops up in three taps, on a small phone', async ({ browser }) => {
  const page = await (await deskOf(browser, PHONE)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/top-up')
  await main(page).getByRole('radio', { name: '¥200', exact: true }).check()
  await byChannel(page)
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await payButton(page).click()
  await page.getByRole('button', { name: '付款', exact: true }).click()
  await page.getByRole('link', { name: '返回商户' }).click()
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(main(page).getByText('已在卡里，可以使用')).toBeVisible()

  await page.getByRole('link', { name: '首页' }).click()
  const before = await ordersOf(page)
  let taps = 0
  const tap = async (target: Locator): Promise<void> => {
    await target.click()
    taps += 1
  }
  await tap(main(page).getByRole('link', { name: '充值', exact: true }).first())
  await tap(main(page).getByRole('button', { name: '去确认，付 ¥199.00' }))
  await expect(dialog(page)).toContainText('未使用的可退')
  await tap(payButton(page))
  await expect(page).toHaveURL(/\/pay\//)
  await expect(page.getByText('¥199.00')).toBeVisible()
  expect(taps).toBe(3)
  await page.getByRole('button', { name: '付款', exact: true }).click()
  await page.getByRole('link', { name: '返回商户' }).click()
  await expect(main(page).getByText('已在卡里，可以使用')).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  expect((await ordersOf(page)).length).toBe(before.length + 1)
})

test.describe('on a bad network', () => {
  test('a lost reply is an unknown outcome, and the question finds the one order', async ({ browser }) => {
    const page = await (await deskOf(browser, PHONE)).newPage()
    await comeIn(page, 'customer')
    const before = await ordersOf(page)
    await atConfirmation(page)
    await page.route('**/v1/orders', async (route) => {
      if (!isOrder(route)) return route.continue()
      await route.fetch()
      await route.abort('connectionreset')
    })
    await payButton(page).click()
    await expect(dialog(page).getByText('结果未知')).toBeVisible()
    await neverFailed(page)
    await page.unroute('**/v1/orders')
    await dialog(page).getByRole('button', { name: '查询结果' }).click()
    await expect(page).toHaveURL(/\/orders\/ord_/)
    await expect(main(page).getByRole('button', { name: '去付款' })).toBeVisible()
    expect((await ordersOf(page)).length).toBe(before.length + 1)
  })

  test('what never arrived is said so, and sent again under its own number', async ({ browser }) => {
    const page = await (await deskOf(browser)).newPage()
    await comeIn(page, 'customer')
    const before = await ordersOf(page)
    const keys = new Set<string>()
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/v1/orders') && keys.add(request.headers()['idempotency-key'] ?? ''))
    await atConfirmation(page)
    await page.route('**/v1/orders', (route) => (isOrder(route) ? route.abort('connectionrefused') : route.continue()))
    await payButton(page).click()
    await dialog(page).getByRole('button', { name: '查询结果' }).click()
    await expect(dialog(page).getByText('系统没有收到这一单。再发一次')).toBeVisible()
    await neverFailed(page)
    expect((await ordersOf(page)).length).toBe(before.length)
    await page.unroute('**/v1/orders')
    await dialog(page).getByRole('button', { name: '用同一编号再发一次' }).click()
    await expect(page).toHaveURL(/\/pay\//)
    expect((await ordersOf(page)).length).toBe(before.length + 1)
    expect(keys.size).toBe(1)
  })

  test('a double tap is one order', async ({ browser }) => {
    const page = await (await deskOf(browser)).newPage()
    await comeIn(page, 'customer')
    const before = await ordersOf(page)
    await atConfirmation(page)
    await payButton(page).evaluate((button: HTMLElement) => {
      button.click()
      button.click()
    })
    await expect(page).toHaveURL(/\/pay\//)
    expect((await ordersOf(page)).length).toBe(before.length + 1)
  })

  test('the same wish in two tabs is one order, in both', async ({ browser }) => {
    const context = await deskOf(browser)
    const first = await context.newPage()
    await comeIn(first, 'customer')
    const before = await ordersOf(first)
    const second = await context.newPage()
    const yuan = (amount += 1)
    await atConfirmation(first, yuan)
    await atConfirmation(second, yuan)
    await Promise.all([first, second].map((page) => payButton(page).click()))
    await expect(first).toHaveURL(/\/pay\//)
    await expect(second).toHaveURL(/\/pay\//)
    expect(second.url()).toBe(first.url())
    expect((await ordersOf(first)).length).toBe(before.length + 1)
  })

  test('a reload while it is sent loses nothing and sends nothing twice', async ({ browser }) => {
    const page = await (await deskOf(browser, PHONE)).newPage()
    await comeIn(page, 'customer')
    const before = await ordersOf(page)
    await atConfirmation(page)
    const arrived = new Promise<void>((done) => {
      void page.route('**/v1/orders', async (route) => {
        if (!isOrder(route)) return route.continue()
        await route.fetch()
        done()
        await new Promise(() => undefined)
      })
    })
    await payButton(page).click()
    await arrived
    await page.reload()
    await expect(main(page).getByText('查到了：已经成功')).toBeVisible()
    await neverFailed(page)
    await main(page).getByRole('button', { name: '查看订单' }).click()
    await expect(page).toHaveURL(/\/orders\/ord_/)
    expect((await ordersOf(page)).length).toBe(before.length + 1)
  })

  test('without a network it stays a draft that is never sent by itself', async ({ browser }) => {
    const context = await deskOf(browser)
    const page = await context.newPage()
    await comeIn(page, 'customer')
    const before = await ordersOf(page)
    await atConfirmation(page)
    await context.setOffline(true)
    await payButton(page).click()
    await expect(dialog(page).getByText('草稿，尚未发送')).toBeVisible()
    await context.setOffline(false)
    await page.goto('/home')
    await expect(main(page).getByText('草稿，尚未发送')).toBeVisible()
    expect((await ordersOf(page)).length).toBe(before.length)
    await main(page).getByRole('button', { name: '继续确认' }).click()
    await main(page).getByRole('button', { name: /去确认/ }).click()
    await payButton(page).click()
    await expect(page).toHaveURL(/\/pay\//)
    expect((await ordersOf(page)).length).toBe(before.length + 1)
    await page.goto('/home')
    await expect(main(page).getByText('草稿，尚未发送')).toHaveCount(0)
  })
})
