/** A distributor: a commission and why it is what it is, a withdrawal and its way back, and another payee. */
import { expect, test, type Page } from '@playwright/test'
import { ulid } from 'ulid'

import { tabTo } from './keys.ts'
import { comeIn, deskOf, freshDigits, PASSWORD, PEOPLE, type Who } from './people.ts'

const DEVICE = 'the-device-of-this-demo'
const PRICE_FEN = 19_900
const COMMISSION_FEN = 238

test.describe.configure({ mode: 'serial' })

let page: Page
let entry = ''

/** What the demo's customer sends by the API. */
async function byCustomer(path: string, data: object): Promise<unknown> {
  const { request } = page
  const signedIn = await request.post('/v1/sessions', { data: { phone: PEOPLE.customer, password: PASSWORD, device: DEVICE } })
  const Authorization = `Bearer ${((await signedIn.json()) as { access_token: string }).access_token}`
  const told = await request.post(path, { headers: { Authorization, 'Idempotency-Key': ulid() }, data })
  expect(told.status()).toBe(201)
  return told.json()
}

/** A card of 200 yuan is bought for 199 at the sandbox channel. Which order is it? */
async function bought(): Promise<string> {
  const wish = { use: 'CARD_SALE', sku_id: 'sku_virtual_200', expected_fen: PRICE_FEN, payment: { method: 'CHANNEL', channel: 'sandbox' } }
  const { order, pay_url: payUrl } = (await byCustomer('/v1/orders', wish)) as { order: { order_id: string }; pay_url: string }
  expect((await page.request.post(payUrl, { data: { action: 'pay' } })).ok()).toBe(true)
  return order.order_id
}

/** ord_<customer><ULID> at level 1. */
function entryOf(orderId: string): string {
  return `cme_${orderId.slice(16)}_${orderId.slice(4, 16)}_1`
}

async function freeFen(): Promise<number> {
  await page.goto('/distributor/earnings')
  const shown = (await page.locator('.free .money').textContent()) ?? ''
  return Math.round(Number(shown.replace(/[¥,]/g, '')) * 100)
}

/** Nothing that comes free today is frozen any more. */
async function isReleased(): Promise<void> {
  expect(await freeFen()).toBeGreaterThanOrEqual(COMMISSION_FEN)
  const today = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', dateStyle: 'medium' }).format(Date.now())
  expect(await page.locator('.by-day').allTextContents()).not.toContainEqual(expect.stringContaining(today))
}

/** A withdrawal of the commission is filled in and agreed to with fresh digits. */
async function withdraw(who: Who): Promise<void> {
  await page.goto('/distributor/earnings/withdrawals/new')
  await expect(page.getByText('提现金额的 0.6%')).toBeVisible()
  await page.getByLabel('提现金额（元）').fill('2.38')
  const split = page.locator('form .split')
  await expect(split).toContainText('手续费−¥0.01')
  await expect(split).toContainText('代扣个人所得税¥0.00')
  await expect(split).toContainText('预计到账¥2.37')
  await page.getByRole('button', { name: '下一步：核对收款人' }).click()
  const sheet = page.getByRole('dialog')
  await expect(sheet).toContainText('••••2001')
  await expect(sheet).toContainText('演示银行')
  await sheet.getByLabel('验证器数字或恢复码').fill(await freshDigits(page, who))
  await sheet.getByRole('button', { name: '确认提现 ¥2.38' }).click()
}

async function takeBack(): Promise<void> {
  await page.getByRole('button', { name: '撤回提现' }).click()
  await page.getByRole('button', { name: '撤回 ¥2.38' }).click()
  await expect(page.getByText('已撤回', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: '撤回提现' })).toHaveCount(0)
}

test.beforeAll(async ({ browser }) => {
  page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'chuncheng')
})
test.afterAll(() => page.context().close())

test('a sale appears as a commission whose sums follow from each other', async () => {
  entry = entryOf(await bought())
  const link = page.locator(`a[data-row="${entry}"]`)
  await expect(async () => {
    await page.goto('/distributor/earnings')
    await expect(link).toBeVisible({ timeout: 2_000 })
  }).toPass({ timeout: 40_000 })
  await expect(link).toContainText('+¥2.38')
  await link.click()
  await expect(page).toHaveURL(new RegExp(entry))
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/earnings$/)
  await expect(link).toBeFocused()
  await link.click()
  const why = page.getByRole('group', { name: '为什么是这个数' })
  for (const told of [
    '实付金额 ¥199.00',
    '按实付金额的 1.2%',
    '¥199.00 × 1.2% = ¥2.388',
    '2.388 元中不足 1 分的部分舍去，得 ¥2.38',
    '¥6.00 × 60% = ¥3.60',
    '系统按同一说明重新计算¥2.38',
    '三次计算一致',
  ]) {
    await expect(why).toContainText(told)
  }
})

test('what a refund takes back has its sign, and the entry says what is left of it', async () => {
  const orderId = await bought()
  const links = page.locator(`a[data-row="${entryOf(orderId)}"]`) // it may be released meanwhile: a line more
  const reversal = links.filter({ hasText: '退款冲回' })
  const shows = async (count: number): Promise<void> => {
    await page.goto('/distributor/earnings')
    await expect(links.first()).toBeVisible({ timeout: 2_000 })
    await expect(reversal).toHaveCount(count, { timeout: 2_000 })
  }
  await expect(() => shows(0)).toPass({ timeout: 40_000 })
  await byCustomer(`/v1/orders/${orderId}/refunds`, {})
  await expect(() => shows(1)).toPass({ timeout: 40_000 })
  await expect(reversal).toContainText('−¥2.38')
  await reversal.click()
  const why = page.getByRole('group', { name: '为什么是这个数' })
  await expect(why).toContainText('因退款冲回−¥2.38')
  await expect(why).toContainText('现在的净额¥0.00')
})

test('released, it is withdrawn after one confirmation, followed, and taken back', async () => {
  test.setTimeout(180_000)
  await expect(isReleased).toPass({ timeout: 90_000, intervals: [3_000] })
  const before = await freeFen()
  await withdraw('chuncheng')
  await expect(page).toHaveURL(/\/withdrawals\/wdr_/)
  await expect(page.getByText('审核中')).toBeVisible()
  await expect(page.locator('.timeline [aria-current="step"]')).toContainText('等待财务复核')
  expect(await freeFen()).toBe(before - COMMISSION_FEN)
  await page.goBack()
  await takeBack()
  expect(await freeFen()).toBe(before)
})

test('a lost answer is unknown and never failed; its number finds the one withdrawal', async () => {
  test.setTimeout(120_000)
  const before = await freeFen()
  await page.route('**/v1/withdrawals', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    await route.fetch()
    await route.abort('connectionreset')
  })
  await withdraw('chuncheng')
  await expect(page).toHaveURL(/\/withdrawals$/)
  await expect(page.getByText('结果未知')).toBeVisible()
  await page.unroute('**/v1/withdrawals')
  await page.reload()
  await page.getByRole('button', { name: '查询结果' }).click()
  await expect(page).toHaveURL(/\/withdrawals\/wdr_/)
  expect(await freeFen()).toBe(before - COMMISSION_FEN)
  await page.goBack()
  await takeBack()
})

test('S-154 by the keyboard alone a withdrawal is asked for, agreed to and taken back', async () => {
  test.setTimeout(120_000)
  const before = await freeFen()
  await tabTo(page, page.locator('main').getByRole('link', { name: '提现', exact: true }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByLabel('提现金额（元）'))
  await page.keyboard.type('2.38')
  await page.keyboard.press('Enter')
  const sheet = page.getByRole('dialog')
  await tabTo(page, sheet.getByLabel('验证器数字或恢复码'))
  await page.keyboard.type(await freshDigits(page, 'chuncheng'))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('button', { name: '撤回提现' }))
  await page.keyboard.press('Enter')
  await tabTo(page, sheet.getByRole('button', { name: '撤回 ¥2.38' }))
  await page.keyboard.press('Enter')
  await expect(page.getByText('已撤回', { exact: true })).toBeVisible()
  expect(await freeFen()).toBe(before)
})

test('another payee is shown, agreed to, and pays nothing for a day', async ({ browser }) => {
  test.setTimeout(120_000)
  const other = await (await deskOf(browser)).newPage()
  await comeIn(other, 'dianchi')
  await other.goto('/distributor/me/payee')
  await other.getByLabel('户名').fill('滇池演示')
  await other.getByLabel('开户银行').fill('演示银行昆明分行')
  await other.getByLabel('账号').fill('6222 0000 1111 7777')
  await other.getByRole('button', { name: '下一步：核对' }).click()
  const sheet = other.getByRole('dialog')
  await expect(sheet).toContainText('滇***')
  await expect(sheet).toContainText('••••7777')
  await sheet.getByLabel('验证器数字或恢复码').fill(await freshDigits(other, 'dianchi'))
  await sheet.getByRole('button', { name: '确认更换' }).click()
  await expect(other).toHaveURL(/\/distributor\/me$/)
  await expect(other.getByText('••••7777')).toBeVisible()
  await other.goto('/distributor/earnings/withdrawals/new')
  await expect(other.getByText('收款账户变更未满一天。')).toBeVisible()
  await expect(other.getByLabel('提现金额（元）')).toHaveCount(0)
  await other.context().close()
})

test('a poster is saved as a picture, and says that it is an advertisement', async () => {
  await page.goto('/distributor/promote')
  await page.getByLabel('版式').selectOption('wide')
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: '保存为图片' }).click()
  expect((await saving).suggestedFilename()).toMatch(/^forecourt-[2-9A-Z]{12}-wide\.png$/)
  const size = await page.locator('canvas').evaluate((one) => [(one as HTMLCanvasElement).width, (one as HTMLCanvasElement).height])
  expect(size).toEqual([1600, 900])
})

test('giving up a place says what it means, and asks for more than a tap', async () => {
  await page.goto('/distributor/me')
  await page.getByRole('button', { name: '放弃分销资格' }).click()
  const sheet = page.getByRole('dialog')
  await expect(sheet).toContainText('已经赚到的佣金照常解冻，仍可提现')
  await sheet.getByRole('button', { name: '永久放弃' }).click()
  await expect(sheet).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('有效', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: '放弃分销资格' })).toBeFocused()
})

test('a customer finds the way to a place, and what it costs: nothing', async ({ browser }) => {
  const other = await (await deskOf(browser)).newPage()
  await comeIn(other, 'customer')
  await other.getByRole('link', { name: '成为分销商' }).click()
  await expect(other.getByText('不收任何费用，不用先购买。')).toBeVisible()
  await expect(other.getByLabel('邀请码')).toHaveValue(/^[2-9A-Z]{12}$/)
  await other.goto('/distributor/earnings')
  await expect(other).toHaveURL(/\/distributor\/apply$/)
  await other.context().close()
})
