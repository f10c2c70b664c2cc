/** No mouse in the office: every desk's work by Tab, Enter, Space, Esc, arrows and the letters of the sheet. A product's
 * price, and a batch from a file: office.journey.ts. */
import { expect, test, type Locator, type Page } from '@playwright/test'

import { escape, focusIsSeen, isFocused, press, tabTo, typeDate, typeInto } from './keys.ts'
import { buyCard, comeIn, deskOf, freshDigits, leaveAll, ordersOf, type Who } from './people.ts'

test.describe.configure({ mode: 'serial', timeout: 120_000 })

const WIDE = { viewport: { width: 1440, height: 900 } }
const main = (page: Page): Locator => page.locator('#main')
const dialog = (page: Page): Locator => page.locator('dialog[open]')
const detail = (page: Page): Locator => page.locator('.detail-pane')
const desks = new Map<Who, Page>()
const run = String(Date.now() % 1e8)
/** No two runs, and no two tries, set a parameter from the same moment on. */
const MINUTE = String(Math.floor(Date.now() / 1_000) % 60).padStart(2, '0')

async function at(browser: Parameters<typeof deskOf>[0], who: Who): Promise<Page> {
  const known = desks.get(who)
  if (known) return known
  const page = await (await deskOf(browser, WIDE)).newPage()
  await comeIn(page, who)
  await expect(page).toHaveURL(/\/office$/)
  desks.set(who, page)
  return page
}

/** `g` and the letter of a place. */
async function go(page: Page, letter: string, place: string): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press(letter)
  await expect(page).toHaveURL(new RegExp(`/office/${place}$`))
}

/** Down a list by j, to this row, and into it. */
async function openRow(page: Page, row: Locator): Promise<void> {
  await expect(row).toBeVisible()
  for (let step = 0; step < 60 && !(await isFocused(row)); step += 1) await page.keyboard.press('j')
  await expect(row).toBeFocused()
  await focusIsSeen(page)
  await page.keyboard.press('Enter')
}

/** Says the second factor where it is asked for. */
async function proveIfAsked(page: Page, who: Who): Promise<void> {
  const asks = page.getByRole('dialog', { name: '请再次验证身份' })
  await expect(asks.or(page.locator('body:not(:has(dialog[open]))'))).toBeVisible()
  if (!(await asks.isVisible())) return
  await typeInto(page, asks.getByRole('textbox'), await freshDigits(page, who))
  await page.keyboard.press('Enter')
}

test.afterAll(({ browser }) => {
  desks.clear()
  return leaveAll(browser)
})

let proposal = ''

test('S-154 operations propose a parameter', async ({ browser }) => {
  const page = await at(browser, 'ops')
  await go(page, 'v', 'parameters')
  const propose = main(page).getByRole('button', { name: '提议变更 风控：每人卡数' })
  await press(page, propose)
  await escape(page, propose)
  await page.keyboard.press('Enter')
  await typeInto(page, dialog(page).getByLabel('新值'), '4')
  const effective = dialog(page).getByLabel('生效时间')
  await tabTo(page, effective)
  for (const key of ['ArrowRight', 'ArrowRight', ...String(new Date().getFullYear() + 1), 'ArrowRight', 'ArrowRight', ...MINUTE]) await page.keyboard.press(key)
  await expect(effective).toHaveValue(new RegExp(`:${MINUTE}$`))
  const sent = page.waitForResponse((answer) => answer.url().endsWith('/v1/office/parameters') && answer.request().method() === 'POST')
  await press(page, dialog(page).getByRole('button', { name: '提交提议' }))
  await proveIfAsked(page, 'ops')
  proposal = ((await (await sent).json()) as { proposal_id: string }).proposal_id
  await expect(main(page).getByText('已提交，等待另一位同事同意')).toBeVisible()
})

test('S-154 risk works the inbox: opens, thinks again, agrees with a remark', async ({ browser }) => {
  const page = await at(browser, 'risk')
  await go(page, 'a', 'approvals')
  const row = page.locator(`[data-row="${proposal}"]`)
  await openRow(page, row)
  await expect(page).toHaveURL(new RegExp(proposal))
  const agree = page.locator('.decide-bar .button').first()
  await press(page, agree)
  await expect(dialog(page).locator('textarea')).toBeFocused()
  await escape(page, agree)
  await page.keyboard.press('a')
  await page.keyboard.type('看过了')
  await expect(dialog(page).locator('textarea')).toHaveValue('看过了')
  await press(page, dialog(page).locator('.button.primary'), 'Space')
  await proveIfAsked(page, 'risk')
  await expect(dialog(page)).toHaveCount(0)
  await expect(row).toHaveCount(0)
})

test('S-154 a plan is drafted, compared, simulated, and agreed to by another', async ({ browser }) => {
  const page = await at(browser, 'ops')
  const plan = `pln_keys_${run}`
  await go(page, 'n', 'plans')
  await press(page, page.getByRole('link', { name: '起草方案' }))
  await expect(page).toHaveURL(/plans\/new$/)
  await press(page, main(page).getByRole('button', { name: 'JSON（专家）' }))
  const text = page.locator('.plan-json')
  const wished = JSON.parse(await text.inputValue()) as Record<string, unknown>
  const effective = new Date(Date.now() + 365 * 86_400_000).toISOString()
  await typeInto(page, text, JSON.stringify({ ...wished, plan_id: plan, id: undefined, effective_at: effective }))
  await press(page, main(page).getByRole('button', { name: '提交草案' }))
  await expect(page).toHaveURL(new RegExp(`draft:${plan}$`))
  await expect(detail(page).getByRole('heading', { name: '与现行方案的差别' })).toBeVisible()
  await press(page, detail(page).getByRole('button', { name: '做一次试算' }))
  await expect(detail(page).getByText('佣金合计').first()).toBeVisible({ timeout: 40_000 })

  const other = await at(browser, 'risk')
  await go(other, 'n', 'plans')
  await press(other, other.locator(`[data-row="draft:${plan}"]`))
  const approve = detail(other).getByRole('button', { name: '批准草案' })
  await press(other, approve)
  await escape(other, approve)
  await other.keyboard.press('Enter')
  await press(other, dialog(other).getByRole('button', { name: '批准草案' }))
  await proveIfAsked(other, 'risk')
  await expect(dialog(other)).toHaveCount(0)
  await expect(other.locator(`[data-row="draft:${plan}"]`)).toHaveCount(0)
})

test('S-154 support gives an order back by its number, with the formula before it', async ({ browser }) => {
  const page = await at(browser, 'support')
  await go(page, 'o', 'orders')
  const known = (await ordersOf(page)).find((one) => one.sku_id === 'sku_virtual_200' && one.state === 'COMPLETED')
  const id = known?.order_id ?? (await buyCard(page))
  await typeInto(page, main(page).getByRole('searchbox'), id)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(id))
  await press(page, detail(page).getByRole('button', { name: '办理退款' }))
  await typeInto(page, detail(page).getByLabel('理由'), '顾客来电要求退款')
  const ask = detail(page).getByRole('button', { name: '办理退款' })
  await press(page, ask)
  await escape(page, ask)
  await page.keyboard.press('Enter')
  await press(page, dialog(page).getByRole('button', { name: '办理退款' }))
  await expect(main(page).getByText('退款已办理')).toBeVisible({ timeout: 20_000 })
})

test('S-154 an admin invites somebody to the staff, with a role and its end', async ({ browser }) => {
  const page = await at(browser, 'admin')
  await go(page, 's', 'staff')
  const invite = page.getByRole('button', { name: '邀请员工' })
  await press(page, invite)
  await escape(page, invite)
  await page.keyboard.press('Enter')
  await typeInto(page, dialog(page).getByLabel('手机号'), `136${run.padStart(8, '0')}`)
  await press(page, dialog(page).getByRole('checkbox', { name: '客服' }), 'Space')
  const soon = new Date(Date.now() + 60 * 86_400_000)
  await typeDate(page, dialog(page).getByLabel('到期日'), [soon.getUTCFullYear(), soon.getUTCMonth() + 1, soon.getUTCDate()])
  await typeInto(page, dialog(page).getByLabel('理由'), '客服组新同事')
  await press(page, dialog(page).getByRole('button', { name: '提交', exact: true }))
  await expect(page.getByRole('dialog', { name: '首次登录码' }).locator('code')).toHaveText(/\S{6,}/, { timeout: 20_000 })
  await press(page, dialog(page).getByRole('button', { name: '关闭' }))
  await expect(dialog(page)).toHaveCount(0)
})

test('S-154 the sheet of shortcuts opens by ?, closes by Esc, and gives the focus back', async ({ browser }) => {
  const page = await at(browser, 'risk')
  await tabTo(page, page.locator('.office-side nav a').first())
  const marked = await page.evaluate(() => document.activeElement?.outerHTML)
  await page.keyboard.press('?')
  await expect(dialog(page)).toBeVisible()
  await focusIsSeen(page)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
  expect(await page.evaluate(() => document.activeElement?.outerHTML)).toBe(marked)
})
