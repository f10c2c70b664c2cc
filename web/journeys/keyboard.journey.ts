/** S-154: no mouse. Coming in, topping up to the end, and the office's word on a withdrawal: by Tab, Enter, Space, Esc
 * and arrows alone, with a focus that can be seen at each step, and given back when a dialog closes. */
import { expect, test, type Locator, type Page } from '@playwright/test'
import { ulid } from 'ulid'

import { deskOf, DEVICE, freshDigits, leaveAll, PASSWORD, PEOPLE, type Who } from './people.ts'

const TABS_MAX = 60
const YEAR_MS = 365 * 86_400_000
const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')

/** Whether whoever looks at the page sees where the focus is: on the element, or on what stands for it beside. */
async function focusIsSeen(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    const at = document.activeElement
    if (!at || at === document.body) return 'nothing has the focus'
    const outlined = [at, at.nextElementSibling].some((one) => {
      if (!one) return false
      const { outlineStyle, outlineWidth } = getComputedStyle(one)
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    })
    return outlined ? '' : at.outerHTML.slice(0, 160)
  })
  expect(seen).toBe('')
}

const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluateAll((all) => all.some((one) => one === document.activeElement))

/** Goes on by Tab until the target has the focus; each stop on the way can be seen. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let tab = 0; tab < TABS_MAX; tab += 1) {
    if (await isFocused(target)) return focusIsSeen(page)
    await page.keyboard.press('Tab')
    await focusIsSeen(page)
  }
  throw new Error(`not reached by ${TABS_MAX} tabs: ${target}`)
}

async function typeInto(page: Page, target: Locator, text: string): Promise<void> {
  await expect(target).toBeVisible()
  await tabTo(page, target)
  await page.keyboard.type(text)
}

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

/** Operations proposes a parameter, by the API: the value that it has, a year from now. Which request is it? */
async function proposed(page: Page): Promise<string> {
  const { request } = page
  const signIn = { phone: PEOPLE.ops, password: PASSWORD, device: DEVICE, second_factor: await freshDigits(page, 'ops') }
  const signedIn = await request.post('/v1/sessions', { data: signIn })
  const Authorization = `Bearer ${((await signedIn.json()) as { access_token: string }).access_token}`
  const effective = new Date(Date.now() + YEAR_MS).toISOString()
  const told = await request.post('/v1/office/parameters', {
    headers: { Authorization, 'Idempotency-Key': ulid() },
    data: { name: 'risk.card_count_max', value: 5, effective_at: effective },
  })
  expect(told.ok(), await told.text()).toBe(true)
  return ((await told.json()) as { proposal_id: string }).proposal_id
}

test.afterEach(({ browser }) => leaveAll(browser))

test('a customer comes in and tops up to the end without a mouse', async ({ browser }) => {
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

test('the office works its inbox without a mouse: open, think again, agree with a remark', async ({ browser }) => {
  test.setTimeout(120_000)
  const page = await (await deskOf(browser, { viewport: { width: 1440, height: 900 } })).newPage()
  const id = await proposed(page)
  await comeInByKeys(page, 'risk')
  await expect(page).toHaveURL(/\/office$/)
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page).toHaveURL(/\/office\/approvals$/)
  const row = page.locator(`[data-row="${id}"]`)
  await expect(row).toBeVisible()
  await expect(async () => {
    await page.keyboard.press('j')
    await focusIsSeen(page)
    expect(await isFocused(row)).toBe(true)
  }).toPass({ intervals: [50], timeout: 10_000 })
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(id))
  const agree = page.locator('.decide-bar .button').first()
  await tabTo(page, agree)
  await page.keyboard.press('Enter')
  await expect(dialog(page).locator('textarea')).toBeFocused()
  await focusIsSeen(page)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
  await expect(agree).toBeFocused()
  await focusIsSeen(page)
  await page.keyboard.press('a')
  await page.keyboard.type('看过了')
  await expect(dialog(page).locator('textarea')).toHaveValue('看过了')
  await tabTo(page, dialog(page).locator('.button.primary'))
  await page.keyboard.press('Space')
  await expect(dialog(page)).toHaveCount(0)
  await expect(row).toHaveCount(0)
})

test('the sheet of shortcuts opens by ?, closes by Esc, and gives the focus back', async ({ browser }) => {
  test.setTimeout(90_000)
  const page = await (await deskOf(browser, { viewport: { width: 1440, height: 900 } })).newPage()
  await comeInByKeys(page, 'finance')
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Tab')
  await focusIsSeen(page)
  const before = await page.evaluate(() => document.activeElement?.outerHTML)
  await page.keyboard.press('?')
  await expect(dialog(page)).toBeVisible()
  await focusIsSeen(page)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
  expect(await page.evaluate(() => document.activeElement?.outerHTML)).toBe(before)
})
