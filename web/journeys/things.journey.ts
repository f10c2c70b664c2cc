/** A customer's cards, orders and refunds, and the help that a newcomer gets. */
import { expect, test, type Locator, type Page } from '@playwright/test'

import { comeIn, deskOf, leaveAll, ordersOf, registerAnew, type Owned } from './people.ts'

const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')
const detail = (page: Page): Locator => page.locator('.pane-detail')

/** The only card of 1 000 yuan that the demo begins with, and whatever was put on it. */
async function payFromNamed(page: Page): Promise<void> {
  await main(page).getByRole('radio', { name: /用 Forecourt 记名电子卡/ }).check()
}

test.afterEach(({ browser }) => leaveAll(browser))

test('a card at a price that has changed is offered anew, then bought, then given back by the rule', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  const before = await ordersOf(page)
  await page.goto('/buy')
  await main(page).getByRole('radio', { name: /不记名电子卡.*¥100\.00/ }).check()
  await payFromNamed(page)
  await expect(main(page).getByRole('button', { name: '去确认，付 ¥100.00' })).toBeVisible()
  await page.route('**/quote?*', async (route) => {
    const told = await route.fetch()
    await route.fulfill({ response: told, json: { ...(await told.json()), payable_fen: 9_900 } })
  })
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await expect(dialog(page).getByRole('button', { name: '付款 ¥99.00' })).toBeEnabled()
  await page.unroute('**/quote?*')
  await dialog(page).getByRole('button', { name: '付款 ¥99.00' }).click()
  await expect(dialog(page).getByText('价格已变为 ¥100.00')).toBeVisible()
  expect((await ordersOf(page)).length).toBe(before.length)
  await dialog(page).getByRole('button', { name: '按新价格确认' }).click()
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(detail(page).getByText('在您的新卡里')).toBeVisible()
  expect((await ordersOf(page)).length).toBe(before.length + 1)

  await detail(page).getByRole('link', { name: '退款', exact: true }).click()
  await expect(detail(page).getByText('¥100.00').first()).toBeVisible()
  await expect(detail(page)).toContainText('退到Forecourt 记名电子卡')
  await detail(page).getByRole('button', { name: '去确认' }).click()
  await dialog(page).getByRole('button', { name: '退款 ¥100.00' }).click()
  await expect(detail(page).getByText('已退回给您')).toBeVisible()
})

test('a refund whose reply was lost is unknown, is found by its key, and is one', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/buy')
  await main(page).getByRole('radio', { name: /不记名电子卡.*¥100\.00/ }).check()
  await payFromNamed(page)
  await main(page).getByRole('button', { name: '去确认，付 ¥100.00' }).click()
  await dialog(page).getByRole('button', { name: '付款 ¥100.00' }).click()
  await detail(page).getByRole('link', { name: '退款', exact: true }).click()
  await detail(page).getByRole('button', { name: '去确认' }).click()
  await page.route('**/refunds', async (route) => {
    await route.fetch()
    await route.abort('connectionreset')
  })
  await dialog(page).getByRole('button', { name: '退款 ¥100.00' }).click()
  await expect(dialog(page).getByText('结果未知')).toBeVisible()
  await page.unroute('**/refunds')
  await dialog(page).getByRole('button', { name: '查询结果' }).click()
  await expect(detail(page).getByText('已退回给您')).toBeVisible()
  await expect(detail(page).getByText(/^退回 ¥100\.00$/)).toHaveCount(1)
})

test('the secret of a plastic card is shown once after a warning, hidden, and activates it', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/buy')
  await main(page).getByRole('radio', { name: /Forecourt 不记名实体卡/ }).check()
  await payFromNamed(page)
  await main(page).getByRole('button', { name: '去确认，付 ¥200.00' }).click()
  await dialog(page).getByRole('button', { name: '付款 ¥200.00' }).click()
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await detail(page).getByRole('link', { name: /实体卡 尾号/ }).click()
  await detail(page).getByRole('button', { name: '查看卡号和密码' }).click()
  await expect(dialog(page)).toContainText('只显示这一次')
  await dialog(page).getByRole('button', { name: '我知道了，显示' }).click()
  const secret = (await dialog(page).locator('dd').nth(1).innerText()).replaceAll(' ', '')
  expect(secret).toMatch(/^[0-9A-Z]{6,20}$/)
  await dialog(page).getByRole('button', { name: '收起' }).click()
  await expect(page.getByText(secret)).toHaveCount(0)
  await expect(detail(page).getByRole('button', { name: '查看卡号和密码' })).toHaveCount(0)
  await detail(page).getByLabel('卡密').fill(secret)
  await detail(page).getByRole('button', { name: '激活' }).click()
  await expect(detail(page).getByRole('button', { name: '冻结' })).toBeVisible()
  expect(await page.evaluate((kept) => JSON.stringify({ ...localStorage, ...sessionStorage }).includes(kept), secret)).toBe(false)
})

test('a card is frozen, thawed, reported lost and found again; its statement tells every change', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/cards')
  await main(page).getByRole('link', { name: /(?<!不)记名电子卡/ }).first().click()
  for (const [action, then] of [['冻结', '已冻结'], ['解冻', '可用'], ['挂失', '已挂失'], ['撤销挂失', '可用']] as const) {
    await detail(page).getByRole('button', { name: action, exact: true }).click()
    await dialog(page).getByRole('button', { name: action, exact: true }).click()
    await expect(detail(page).locator('.fuel-card .state')).toHaveText(then)
  }
  await detail(page).getByRole('link', { name: '查看明细' }).click()
  await expect(detail(page).getByText('状态变为已挂失').first()).toBeVisible()
  const newest = await detail(page).getByRole('row').nth(1).innerText()
  expect(newest).toContain('状态变为可用')
})

test('S-122 an earlier order is filled in again, and its price is asked afresh', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  const past = (await ordersOf(page)).filter((order) => order.use === 'CARD_SALE' && order.state === 'COMPLETED')[0] as Owned
  await page.goto(`/orders/${past.order_id}`)
  const quoted = page.waitForResponse(new RegExp(`${past.sku_id}/quote`))
  await detail(page).getByRole('link', { name: '再来一单' }).click()
  const { payable_fen } = (await (await quoted).json()) as { payable_fen: number }
  expect(payable_fen).toBe(past.payable_fen)
  await expect(main(page).locator(`input[value="${past.sku_id}"]`)).toBeChecked()
  await expect(main(page).getByRole('button', { name: `去确认，付 ¥${(payable_fen / 100).toFixed(2)}` })).toBeVisible()
})

test('S-139 amounts of one’s own are suggested, until the switch is turned off', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/top-up')
  await expect(main(page).getByText('我常用的')).toBeVisible()
  await page.goto('/me/preferences')
  const suggests = page.getByRole('checkbox', { name: '根据我的历史推荐金额和卡' })
  await suggests.uncheck()
  await page.goto('/top-up')
  await expect(main(page).getByText('其他金额')).toBeVisible()
  await expect(main(page).getByText('我常用的')).toHaveCount(0)
  await expect(main(page).getByRole('radio', { name: /^¥\d/, checked: true })).toHaveCount(0)
  await page.goto('/me/preferences')
  await suggests.check()
  await page.goto('/top-up')
  await expect(main(page).getByText('我常用的')).toBeVisible()
})

test('S-126 the demonstration shows the key operations and asks nothing of the API', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  const asked: string[] = []
  page.on('request', (request) => new URL(request.url()).pathname.startsWith('/v1/') && asked.push(request.url()))
  await page.goto('/sign-in')
  await page.getByRole('link', { name: /先看演示/ }).click()
  await expect(page.getByRole('note')).toContainText('不扣款')
  await page.getByRole('button', { name: '下一步' }).click()
  await page.getByRole('button', { name: '去确认' }).click()
  await dialog(page).getByRole('button', { name: '付款 ¥199.00' }).click()
  await page.getByRole('button', { name: /没收到答复/ }).click()
  await expect(page.getByText('结果未知，查询中')).toBeVisible()
  await page.getByRole('button', { name: '下一步' }).click()
  await page.getByRole('button', { name: '显示一次' }).click()
  await dialog(page).getByRole('button', { name: '收起' }).click()
  await page.getByRole('button', { name: '下一步' }).click()
  await expect(page.getByText('¥150.00')).toBeVisible()
  await page.getByRole('button', { name: '结束演示' }).click()
  await expect(page).toHaveURL(/sign-in/)
  expect(asked).toEqual([])
})

test('S-127 help comes with the second refusal of a form, not before', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'customer')
  await page.goto('/cards/bind')
  await main(page).getByRole('button', { name: '绑定', exact: true }).click()
  await expect(main(page).getByText('卡号是 12 到 20 位数字')).toBeVisible()
  await expect(main(page).getByText('需要帮忙吗')).toHaveCount(0)
  await main(page).getByRole('button', { name: '绑定', exact: true }).click()
  await expect(main(page).getByText('需要帮忙吗')).toBeVisible()
})

/** The functions that have come up on the first page. */
async function waysAre(page: Page, ...names: string[]): Promise<void> {
  await expect(main(page).locator('.panel', { hasText: '更多功能' }).getByRole('link')).toHaveText(names)
}

const AT_FIRST = ['看演示，不花钱', '字号与关怀模式']
const WITH_A_CARD = ['查询与退款', '添加已有的卡']
const TOPPED_UP = ['冻结与挂失', '保护账户', '个人信息与授权']

/** What is to be confirmed is paid at the sandbox channel. */
async function payAtChannel(page: Page): Promise<void> {
  await main(page).getByRole('button', { name: /去确认/ }).click()
  await dialog(page).getByRole('button', { name: /^付款 ¥/ }).click()
  await page.getByRole('button', { name: '付款', exact: true }).click()
  await page.getByRole('link', { name: '返回商户' }).click()
  await expect(detail(page).getByText('已完成', { exact: true }).first()).toBeVisible({ timeout: 40_000 })
}

test('S-125 for a newcomer functions come up stage by stage: with the first card, with the first top-up', async ({ browser }) => {
  const page = await (await browser.newContext()).newPage()
  await registerAnew(page)
  await expect(main(page).getByText('第 1 步，共 3 步')).toBeVisible()
  await expect(main(page).getByText('还有 6 项')).toBeVisible()
  await waysAre(page, ...AT_FIRST)
  await expect(main(page).getByRole('link', { name: '充值' })).toHaveCount(0)

  await main(page).locator('.panel', { hasText: '新手指引' }).getByRole('link', { name: '购卡' }).click()
  await main(page).getByRole('radio', { name: /不记名电子卡.*¥199\.00/ }).check()
  await payAtChannel(page)
  await page.goto('/home')
  await expect(main(page).getByText('第 2 步，共 3 步')).toBeVisible()
  await expect(main(page).getByText('还有 3 项')).toBeVisible()
  await waysAre(page, ...AT_FIRST, ...WITH_A_CARD)

  await main(page).locator('.panel', { hasText: '新手指引' }).getByRole('link', { name: '充值' }).click()
  await main(page).getByLabel('自定义金额').fill('100')
  await payAtChannel(page)
  await page.goto('/home')
  await expect(main(page).getByText('第 3 步，共 3 步')).toBeVisible()
  await waysAre(page, ...AT_FIRST, ...WITH_A_CARD, ...TOPPED_UP)
  await expect(main(page).getByText(/还有 \d+ 项/)).toHaveCount(0)
  await main(page).getByRole('button', { name: '跳过指引' }).click()
  await expect(main(page).getByText('新手指引')).toHaveCount(0)
  await waysAre(page, ...AT_FIRST, ...WITH_A_CARD, ...TOPPED_UP)
})

test('S-125 whoever skips the first steps is shown every function at once, and on the next visit', async ({ browser }) => {
  const page = await (await browser.newContext()).newPage()
  await registerAnew(page)
  await waysAre(page, ...AT_FIRST)
  const kept = page.waitForResponse((answer) => answer.url().endsWith('/v1/me/preferences') && answer.request().method() === 'PUT')
  await main(page).getByRole('button', { name: '跳过指引' }).click()
  expect(await (await kept).json()).toMatchObject({ onboarding_stage: 3 })
  await waysAre(page, ...AT_FIRST, '给卡充值', ...WITH_A_CARD, ...TOPPED_UP)
  await page.reload()
  await waysAre(page, ...AT_FIRST, '给卡充值', ...WITH_A_CARD, ...TOPPED_UP)
  await expect(main(page).getByText('新手指引')).toHaveCount(0)
})

test('S-129 list and detail stand beside each other from 768 px on, after each other below', async ({ browser }) => {
  const page = await (await deskOf(browser, { viewport: { width: 768, height: 900 } })).newPage()
  await comeIn(page, 'customer')
  await page.goto('/orders')
  await main(page).locator('.order-line').first().click()
  const list = page.locator('.pane-list')
  await expect(detail(page).getByText('钱在哪里')).toBeVisible()
  await expect(list).toBeVisible()
  await page.setViewportSize({ width: 767, height: 900 })
  await expect(list).toBeHidden()
  await expect(detail(page).getByText('钱在哪里')).toBeVisible()
})
