/** The whole way of money: somebody new comes by a link, buys five cards and pays; whoever brought them sees the
 * commission and why it is that much, and withdraws it past two approvers and a third who pays; the order is given
 * back, and with it the commission. All by the pages. Five cards at once, since more than ten yuan takes two people
 * to approve, and more than five cards a day would be looked into. The distributor is one whom no other journey asks. */
import { expect, test, type Browser, type Locator, type Page } from '@playwright/test'

import { codeFor, comeIn, deskOf, freshDigits, readCaptcha, type Who } from './people.ts'

test.describe.configure({ mode: 'serial', timeout: 120_000 })

const CARDS = 5
const PAID_FEN = CARDS * 19_900
const COMMISSION_FEN = 1_194
const TWO_APPROVERS_FROM_FEN = 1_001
const RELEASED_MS = 90_000
const PASSWORD = 'new-customer-of-a-journey'
/** A number of its own for each run. */
const PHONE = `139${String(Date.now() % 1e8).padStart(8, '0')}`

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`
const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')

const desks = new Map<Who | 'newcomer', Page>()
let order = ''
let withdrawal = ''
let withdrawnFen = 0

/** Everybody signs in once and stays at their desk. */
async function at(browser: Browser, who: Who): Promise<Page> {
  const known = desks.get(who)
  if (known) return known
  const page = await (await deskOf(browser, who === 'cuihu' ? {} : { viewport: { width: 1440, height: 900 } })).newPage()
  await comeIn(page, who)
  desks.set(who, page)
  return page
}

async function pots(page: Page): Promise<{ freeFen: number; frozen: string; owed: string }> {
  await page.goto('/distributor/earnings')
  const shown = (await page.locator('.free .money').textContent()) ?? ''
  const pot = (name: string): Locator => page.locator('.pots > div', { hasText: name }).locator('dd')
  const freeFen = Math.round(Number(shown.replace(/[¥,]/g, '')) * 100)
  return { freeFen, frozen: await pot('冻结中').innerText(), owed: await pot('待扣回').innerText() }
}

/** ord_<customer><ULID> at level 1. */
function entryOf(orderId: string): string {
  return `cme_${orderId.slice(16)}_${orderId.slice(4, 16)}_1`
}

/** The entry of the new customer's order, with the explanation beside it. */
async function explained(page: Page): Promise<Locator> {
  await page.goto(`/distributor/earnings/${entryOf(order)}`)
  return page.getByRole('group', { name: '为什么是这个数' })
}

test.afterAll(async () => {
  for (const page of desks.values()) await page.context().close()
})

test('somebody new registers by the link of a distributor and accepts the notice', async ({ browser }) => {
  const distributor = await at(browser, 'cuihu')
  await distributor.goto('/distributor/promote')
  const link = new URL(await distributor.locator('.link code').innerText())
  expect(link.pathname).toMatch(/^\/join\/[2-9A-Z]{12}$/)

  const page = await (await browser.newContext()).newPage()
  desks.set('newcomer', page)
  await page.goto(link.pathname)
  await page.getByLabel('手机号').fill(PHONE)
  const drawn = page.waitForResponse('**/v1/captchas')
  await page.getByRole('button', { name: '获取验证码' }).click()
  const { captcha_id: captcha } = (await (await drawn).json()) as { captcha_id: string }
  await page.getByLabel('图形验证码').fill(await readCaptcha(page, captcha))
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByLabel('短信验证码').fill(await codeFor(page, PHONE))
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
  const agreed = page.getByRole('checkbox', { name: '我已阅读并同意个人信息处理说明' })
  await expect(agreed).not.toBeChecked()
  await page.getByText('阅读说明').click()
  await expect(page.locator('details')).toContainText('手机号')
  await page.getByRole('button', { name: '注册' }).click()
  await expect(page).toHaveURL(/\/join\//)
  await agreed.check()
  await page.getByRole('button', { name: '注册' }).click()
  await expect(page).toHaveURL(/\/home$/)
  await expect(main(page).getByText('第 1 步，共 3 步')).toBeVisible()
})

test('buys a card through the channel and comes back to the finished order', async () => {
  const page = desks.get('newcomer') as Page
  await page.goto('/buy')
  await main(page).getByRole('radio', { name: /不记名电子卡.*¥199\.00/ }).check()
  await main(page).getByLabel('张数').selectOption(String(CARDS))
  await main(page).getByRole('button', { name: `去确认，付 ${yuan(PAID_FEN)}` }).click()
  await expect(dialog(page)).toContainText('支付渠道（沙箱）')
  await dialog(page).getByRole('button', { name: `付款 ${yuan(PAID_FEN)}` }).click()
  await expect(page).toHaveURL(/\/pay\//)
  await page.getByRole('button', { name: '付款', exact: true }).click()
  await page.getByRole('link', { name: '返回商户' }).click()
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(main(page).getByText('在您的新卡里')).toBeVisible()
  order = new URL(page.url()).pathname.slice('/orders/'.length)
})

test('whoever brought them sees the commission, and each number follows from the one before', async ({ browser }) => {
  const page = await at(browser, 'cuihu')
  const why = await explained(page)
  await expect(async () => {
    await page.reload()
    await expect(why.getByText('三次计算一致')).toBeVisible({ timeout: 2_000 })
  }).toPass({ timeout: 40_000 })
  expect((PAID_FEN * 12) / 1000).toBe(COMMISSION_FEN)
  for (const told of [
    `实付金额 ${yuan(PAID_FEN)}`,
    '第 1 级：顾客由您直接带来',
    `${yuan(PAID_FEN)} × 1.2% = ${yuan(COMMISSION_FEN)}`,
    '正好到分，没有舍去',
    `系统按同一说明重新计算${yuan(COMMISSION_FEN)}`,
    `现在的净额${yuan(COMMISSION_FEN)}`,
  ]) {
    await expect(why).toContainText(told)
  }
})

test('it is released, and all of it is asked for: more than one person has to agree', async ({ browser }) => {
  const page = await at(browser, 'cuihu')
  await expect(async () => {
    const { freeFen, frozen } = await pots(page)
    expect(frozen).toBe('¥0.00')
    expect(freeFen).toBeGreaterThanOrEqual(TWO_APPROVERS_FROM_FEN)
    withdrawnFen = freeFen
  }).toPass({ timeout: RELEASED_MS, intervals: [3_000] })
  await page.goto('/distributor/earnings/withdrawals/new')
  await page.getByLabel('提现金额（元）').fill((withdrawnFen / 100).toFixed(2))
  await expect(page.getByText('需要 2 人审核后付款')).toBeVisible()
  await page.getByRole('button', { name: '下一步：核对收款人' }).click()
  await dialog(page).getByLabel('验证器数字或恢复码').fill(await freshDigits(page, 'cuihu'))
  await dialog(page).getByRole('button', { name: `确认提现 ${yuan(withdrawnFen)}` }).click()
  await expect(page).toHaveURL(/\/withdrawals\/wdr_/)
  withdrawal = page.url().split('/').at(-1) ?? ''
  await expect(page.locator('.timeline [aria-current="step"]')).toContainText('等待财务复核')
  expect((await pots(page)).freeFen).toBe(0)
})

test('finance and risk agree, each seeing the other’s step; neither may pay, a third person does', async ({ browser }) => {
  test.setTimeout(180_000)
  for (const [who, before, given] of [['finance', '等财务复核', 1], ['risk', '等风控复核', 2]] as const) {
    const page = await at(browser, who)
    await page.goto(`/office/withdrawals/${withdrawal}`)
    const detail = page.locator('.detail-pane')
    await expect(detail.locator('.detail-head .chip')).toHaveText(before)
    await detail.getByRole('button', { name: /^批准/ }).click()
    await expect(dialog(page)).toContainText(yuan(withdrawnFen))
    await dialog(page).getByRole('button', { name: '批准', exact: true }).click()
    await expect(detail).toContainText(`${given} / 2 人`)
    await expect(detail.getByRole('button', { name: /^(批准|付款)/ })).toHaveCount(0)
  }
  const first = await at(browser, 'finance')
  await first.reload()
  await expect(first.getByText('您已批准：须由另一位同事付款')).toBeVisible()
  await expect(first.locator('.detail-pane').getByRole('button', { name: /^付款/ })).toHaveCount(0)

  const payer = await at(browser, 'finance2')
  await payer.goto(`/office/withdrawals/${withdrawal}`)
  const detail = payer.locator('.detail-pane')
  await expect(detail.locator('.detail-head .chip')).toHaveText('已批准，待付款')
  await detail.getByRole('button', { name: /^付款/ }).click()
  await dialog(payer).getByRole('button', { name: '付款', exact: true }).click()
  await expect(dialog(payer)).toHaveCount(0)
  await expect(async () => {
    await payer.reload()
    await expect(detail.locator('.detail-head .chip')).toHaveText('已付款', { timeout: 3_000 })
  }).toPass({ timeout: 60_000 })
})

test('the distributor sees it arrive: amount, tax, fee and what was paid add up', async ({ browser }) => {
  const page = await at(browser, 'cuihu')
  await page.goto(`/distributor/earnings/withdrawals/${withdrawal}`)
  await expect(page.getByText('已到账').first()).toBeVisible()
  for (const step of ['财务复核通过', '风控复核通过', '银行已付款']) await expect(page.locator('.timeline')).toContainText(step)
  const shown = await page.locator('.split dd').allInnerTexts()
  const [gross, ...parts] = shown.map((text) => Math.round(Number(text.replace(/[¥,]/g, '').replace('−', '-')) * 100))
  expect(gross).toBe(withdrawnFen)
  const arrived = parts.pop() ?? 0
  expect(parts.reduce((sum, part) => sum + part, gross ?? 0)).toBe(arrived)
})

test('the order is given back, and the commission with it: owed from what is earned later', async ({ browser }) => {
  test.setTimeout(180_000)
  const buyer = desks.get('newcomer') as Page
  await buyer.goto(`/orders/${order}/refund`)
  await main(buyer).getByRole('button', { name: '去确认' }).click()
  await dialog(buyer).getByRole('button', { name: `退款 ${yuan(PAID_FEN)}` }).click()
  await expect(main(buyer).getByText('已退回给您')).toBeVisible({ timeout: 40_000 })

  const page = await at(browser, 'cuihu')
  const why = await explained(page)
  await expect(async () => {
    await page.reload()
    await expect(why).toContainText(`因退款冲回−${yuan(COMMISSION_FEN)}`, { timeout: 3_000 })
  }).toPass({ timeout: 60_000 })
  await expect(why).toContainText('现在的净额¥0.00')
  await expect(async () => expect(await pots(page)).toMatchObject({ freeFen: 0, owed: yuan(COMMISSION_FEN) })).toPass({ timeout: RELEASED_MS, intervals: [3_000] })
  await expect(page.locator('.entries li').first()).toContainText('退款冲回')
  await expect(page.locator('.entries li').first()).toContainText(`−${yuan(COMMISSION_FEN)}`)
  await page.goto('/distributor/earnings/statement')
  await expect(main(page).getByRole('row').nth(1)).toContainText('退款扣回')
})
