/** Readable for whoever sees little, sees no colours, or has another screen: letters of twice the size and 关怀模式
 * without loss, and the same order on a phone, a tablet, a desk and in the browsers that stand
 * inside WeChat and Alipay. */
import { expect, test, type Locator, type Page } from '@playwright/test'

import { comeIn, deskOf, leaveAll, type Who } from './people.ts'

const NARROW = { width: 320, height: 720 }
const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')

const WEB_VIEWS = {
  WeChat: 'Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50.2701(0x2800325B) WeChat/arm64 NetType/4G Language/zh_CN',
  Alipay: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 NebulaSDK/1.8.100112 Nebula AlipayClient/10.6.0 Language/zh-Hans',
} as const

const MAIN_PAGES: readonly (readonly [Who, readonly string[]])[] = [
  ['customer', ['/home', '/top-up', '/buy', '/orders', '/cards', '/service', '/me', '/me/privacy', '/me/preferences']],
  ['chuncheng', ['/distributor', '/distributor/earnings', '/distributor/earnings/withdrawals/new', '/distributor/promote', '/distributor/me']],
  ['finance', ['/office', '/office/withdrawals', '/office/orders']],
]

test.afterEach(({ browser }) => leaveAll(browser))

async function prefer(page: Page, wished: object): Promise<void> {
  await page.evaluate((own) => {
    const key = 'forecourt-preferences'
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), ...own }))
  }, wished)
}

async function show(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(page.locator('h1').first()).toBeVisible()
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
}

/** What reaches beyond the screen or out of what it stands in, with nothing to scroll it by. */
async function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scrolls = (one: Element): boolean => /auto|scroll/.test(getComputedStyle(one).overflowX)
    const withinScroller = (one: Element | null): boolean => !!one && (scrolls(one) || withinScroller(one.parentElement))
    const seen = [...document.querySelectorAll<HTMLElement>('body *')].filter((one) => one.checkVisibility() && !one.closest('.unseen, .skip, svg, select, input'))
    return seen
      .filter((one) => {
        const { left, right, width } = one.getBoundingClientRect()
        const { overflowY, display } = getComputedStyle(one)
        if (!width || withinScroller(one)) return false
        const wide = display !== 'inline' && one.scrollWidth > one.clientWidth + 2
        const high = overflowY === 'hidden' && one.scrollHeight > one.clientHeight + 2
        return wide || high || left < -1 || right > innerWidth + 1
      })
      .map((one) => one.outerHTML.slice(0, 140))
  })
}

for (const [who, paths] of MAIN_PAGES) {
  test(`S-151 twice the size, and 关怀模式, at 320 px: nothing is cut and nothing moves sideways (${who})`, async ({ browser }) => {
    test.setTimeout(150_000)
    const page = await (await deskOf(browser, { viewport: NARROW })).newPage()
    await comeIn(page, who)
    for (const wished of [{ textScale: 200, elder: false }, { textScale: 100, elder: true }]) {
      await prefer(page, wished)
      for (const path of paths) {
        await show(page, path)
        const size = await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))
        expect(size).toBe(wished.elder ? 24 : 32)
        const name = `${path} ${JSON.stringify(wished)}`
        await page.screenshot({ path: `reports/looks/large${path.replaceAll('/', '-')}-${wished.elder ? 'elder' : 'twice'}.png`, fullPage: true })
        expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(NARROW.width)
        expect(await cut(page), name).toEqual([])
      }
    }
  })
}

test('S-151 the choice of size is made by hand, holds at once, and after a reload', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/me/preferences')
  const size = (): Promise<number> => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))
  await page.getByLabel('字号').selectOption({ label: '150%' })
  expect(await size()).toBe(24)
  await page.reload()
  await expect(page.getByLabel('字号')).toBeVisible()
  expect(await size()).toBe(24)
})

/** Buys nothing new: an order for one's own card, paid at the channel, and back. */
async function topUpAndBack(page: Page): Promise<void> {
  await show(page, '/top-up')
  const card = main(page).getByLabel('充值到')
  if (await card.count()) await card.selectOption({ label: await card.locator('option', { hasText: /Forecourt 记名/ }).first().innerText() })
  await main(page).getByLabel('自定义金额').fill('20')
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await dialog(page).getByRole('button', { name: /^付款/ }).click()
  await expect(page).toHaveURL(/\/pay\//)
  await page.getByRole('button', { name: '付款', exact: true }).click()
  await page.getByRole('link', { name: '返回商户' }).click()
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(main(page).getByText('已在卡里，可以使用')).toBeVisible()
}

test('S-012 the order is the same journey at each width', async ({ browser }) => {
  test.setTimeout(120_000)
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  for (const width of [375, 768, 1440]) {
    await page.setViewportSize({ width, height: 812 })
    await topUpAndBack(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  }
})

for (const [name, userAgent] of Object.entries(WEB_VIEWS)) {
  test(`S-026 the order passes in the browser inside ${name}`, async ({ browser }) => {
    const page = await (await deskOf(browser, { userAgent, hasTouch: true, isMobile: true, viewport: { width: 375, height: 667 } })).newPage()
    await comeIn(page, 'customer')
    expect(await page.evaluate(() => navigator.userAgent)).toBe(userAgent)
    await topUpAndBack(page)
  })
}
