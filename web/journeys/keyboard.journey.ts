/** No mouse: every flow of whoever buys and of whoever sells, by Tab, Enter, Space, Esc and arrows alone, with a focus that
 * can be seen at each step, and given back when a dialog closes. A withdrawal: distributor.journey.ts. */
import { expect, test, type Locator, type Page } from '@playwright/test'

import { choose, escape, focusIsSeen, press, tabTo, typeInto } from './keys.ts'
import { codeFor, deskOf, freshDigits, leaveAll, PASSWORD, PEOPLE, readCaptcha, type Who } from './people.ts'

const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')

async function comeInByKeys(page: Page, who: Who): Promise<void> {
  await page.goto('/sign-in')
  await typeInto(page, page.locator('input[autocomplete="username"]'), PEOPLE[who])
  await typeInto(page, page.locator('input[autocomplete="current-password"]'), PASSWORD)
  await page.keyboard.press('Enter')
  if (who !== 'customer') {
    await typeInto(page, page.locator('input[autocomplete="one-time-code"]'), await freshDigits(page, who))
    await page.keyboard.press('Enter')
  }
  await expect(page).not.toHaveURL(/sign-in/)
}

test.afterEach(({ browser }) => leaveAll(browser))

test('S-154 a customer comes in and tops up to the end without a mouse', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeInByKeys(page, 'customer')
  const topUp = main(page).getByRole('link', { name: '充值', exact: true }).first()
  await expect(topUp).toBeVisible()
  await tabTo(page, topUp)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/top-up/)

  const onward = main(page).getByRole('button', { name: /去确认/ })
  await expect(onward).toBeVisible()
  await tabTo(page, main(page).locator('input[name="amount"]'))
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowRight')
  await focusIsSeen(page)
  const chosen = main(page).locator('input[name="amount"]:checked')
  await expect(chosen).toHaveCount(1)
  const amount = Number(await chosen.inputValue())
  await page.keyboard.press('ArrowLeft')
  expect(Number(await chosen.inputValue())).not.toBe(amount)
  await expect(onward).toHaveText(/付 ¥/)

  await tabTo(page, onward)
  await page.keyboard.press('Enter')
  const pay = dialog(page).getByRole('button', { name: /^付款/ })
  await expect(pay).toBeEnabled()
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
  await expect(onward).toBeFocused()
  await page.keyboard.press('Space')
  await expect(pay).toBeEnabled()
  await tabTo(page, pay)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/pay\//)

  await tabTo(page, page.getByRole('button', { name: '付款', exact: true }))
  await page.keyboard.press('Enter')
  const back = page.getByRole('link', { name: '返回商户' })
  await expect(back).toBeVisible()
  await tabTo(page, back)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(main(page).getByText('已在卡里，可以使用')).toBeVisible()
})

/** A number of its own for each run. */
const PHONE = `137${String(Date.now() % 1e8).padStart(8, '0')}`

/** An ID card's number that nobody has, with its check digit. */
function idNumber(): string {
  const now = Date.now()
  const body = `110105${1950 + (Math.floor(now / 1e6) % 50)}${String((Math.floor(now / 1e5) % 9) + 1).padStart(2, '0')}15${String(now % 1000).padStart(3, '0')}`
  const sum = [...body].reduce((total, digit, place) => total + Number(digit) * (2 ** (17 - place) % 11), 0)
  return body + '10X98765432'[sum % 11]
}

const detail = (page: Page): Locator => page.locator('.pane-detail')

/** Somebody new comes by the link of a distributor, who copies it without a mouse. */
async function linkOfDistributor(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await comeInByKeys(page, 'chuncheng')
  await press(page, page.getByRole('link', { name: '去分销' }))
  await press(page, page.locator('nav.places a[href="/distributor/promote"]'))
  await press(page, main(page).getByRole('button', { name: '复制链接' }))
  await expect(main(page).getByText('已复制')).toBeVisible()
  const saved = page.waitForEvent('download')
  await press(page, main(page).getByRole('button', { name: '保存为图片' }))
  expect((await saved).suggestedFilename()).toMatch(/\.png$/)
  return new URL(await page.evaluate(() => navigator.clipboard.readText())).pathname
}

test('S-154 somebody invites; somebody new registers, buys, freezes, gives back, decides on privacy, and applies for a place', async ({ browser }) => {
  test.setTimeout(180_000)
  const seller = await (await deskOf(browser)).newPage()
  const link = await linkOfDistributor(seller)
  expect(link).toMatch(/^\/join\/[2-9A-Z]{12}$/)
  await seller.context().close()

  const page = await (await browser.newContext()).newPage()
  await page.goto(link)
  await typeInto(page, page.getByLabel('手机号'), PHONE)
  const drawn = page.waitForResponse('**/v1/captchas')
  await press(page, page.getByRole('button', { name: '获取验证码' }))
  const { captcha_id: captcha } = (await (await drawn).json()) as { captcha_id: string }
  await typeInto(page, page.getByLabel('图形验证码'), await readCaptcha(page, captcha))
  await press(page, page.getByRole('button', { name: '获取验证码' }))
  await typeInto(page, page.getByLabel('短信验证码'), await codeFor(page, PHONE))
  await typeInto(page, page.getByLabel('密码', { exact: true }), 'new-customer-of-the-keyboard')
  await press(page, page.locator('summary'))
  await expect(page.locator('details')).toContainText('手机号')
  await press(page, page.getByRole('checkbox', { name: '我已阅读并同意个人信息处理说明' }), 'Space')
  await press(page, page.getByRole('button', { name: '注册' }))
  await expect(page).toHaveURL(/\/home$/)

  await press(page, main(page).locator('a[href="/buy"]').first())
  const wished = main(page).locator('input[value="sku_virtual_200"]')
  await choose(page, main(page).locator('input[name="product"]'), () => wished.isChecked())
  const count = main(page).getByLabel('张数')
  await choose(page, count, async () => (await count.inputValue()) === '2')
  const onward = main(page).getByRole('button', { name: '去确认，付 ¥398.00' })
  await press(page, onward)
  await escape(page, onward)
  await page.keyboard.press('Enter')
  await press(page, dialog(page).getByRole('button', { name: '付款 ¥398.00' }))
  await expect(page).toHaveURL(/\/pay\//)
  await press(page, page.getByRole('button', { name: '付款', exact: true }))
  await press(page, page.getByRole('link', { name: '返回商户' }))
  await expect(page).toHaveURL(/\/orders\/ord_/)
  await expect(detail(page).getByText('在您的新卡里')).toBeVisible()

  await press(page, page.locator('nav.places a[href="/cards"]'))
  await press(page, main(page).locator('.order-line').first())
  for (const [action, then] of [['冻结', '已冻结'], ['解冻', '可用']] as const) {
    const button = detail(page).getByRole('button', { name: action, exact: true })
    await press(page, button)
    await escape(page, button)
    await page.keyboard.press('Space')
    await press(page, dialog(page).getByRole('button', { name: action, exact: true }))
    await expect(detail(page).locator('.fuel-card .state')).toHaveText(then)
  }
  await press(page, detail(page).getByRole('link', { name: '查看明细' }))
  await expect(detail(page).getByRole('row').nth(1)).toContainText('状态变为可用')

  await press(page, page.locator('nav.places a[href="/orders"]'))
  await press(page, main(page).locator('.order-line').first())
  await press(page, detail(page).getByRole('link', { name: '退款', exact: true }))
  const which = detail(page).getByLabel('退哪些卡')
  await choose(page, which, async () => (await which.inputValue()) !== '')
  await expect(detail(page).getByText('¥199.00').first()).toBeVisible()
  const ask = detail(page).getByRole('button', { name: '去确认' })
  await press(page, ask)
  await escape(page, ask)
  await page.keyboard.press('Enter')
  await press(page, dialog(page).getByRole('button', { name: '退款 ¥199.00' }))
  await expect(detail(page).getByText(/退回 ¥199\.00/).first()).toBeVisible({ timeout: 40_000 })

  await press(page, page.locator('nav.places a[href="/me"]'))
  await press(page, main(page).locator('a[href="/me/privacy"]'))
  const consents = main(page).getByRole('button', { name: /^(同意|撤回): / })
  await expect(consents.first()).toBeVisible()
  const first = (await consents.first().getAttribute('aria-label')) ?? ''
  await press(page, consents.first())
  await expect(main(page).getByRole('button', { name: first, exact: true })).toHaveCount(0)
  const taken = page.waitForEvent('download')
  await press(page, main(page).getByRole('button', { name: '下载 JSON' }))
  expect((await taken).suggestedFilename()).toBe('forecourt-data.json')

  await press(page, page.locator('nav.places a[href="/me"]'))
  await press(page, main(page).locator('a[href="/me/real-name"]'))
  await typeInto(page, main(page).locator('input[autocomplete="name"]'), '李键')
  await typeInto(page, main(page).locator('input[maxlength="18"]'), idNumber())
  await page.keyboard.press('Enter')
  await expect(main(page).getByText('实名认证已完成')).toBeVisible()
  await press(page, page.getByRole('link', { name: '成为分销商' }))
  await press(page, main(page).getByRole('checkbox'), 'Space')
  await press(page, main(page).getByRole('button', { name: '同意并加入' }))
  await expect(page).toHaveURL(/\/distributor$/)
  await expect(main(page).getByRole('heading', { level: 1 })).toBeVisible()
})
