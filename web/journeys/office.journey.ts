/** The office, by keyboard alone: finance reads what waits and agrees; a batch whose lines are wrong is told line by line. */
import { expect, test, type Page } from '@playwright/test'

import { focusIsSeen, tabTo as tabInto } from './keys.ts'
import { comeIn, deskOf, freshDigits, type Who } from './people.ts'

const WIDE = { viewport: { width: 1440, height: 900 } }

/** Presses a key until what is focused has this name; never more often than a page has things to focus. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  for (let step = 0; step < 80; step += 1) {
    const focused = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement | null
      const label = at?.id ? document.querySelector(`label[for="${at.id}"]`)?.textContent : ''
      const text = at && /^(A|BUTTON)$/.test(at.tagName) ? at.textContent : ''
      return `${at?.getAttribute('aria-label') ?? ''} ${text} ${label ?? ''}`.trim()
    })
    if (name.test(focused)) return focusIsSeen(page)
    await page.keyboard.press(key)
    if (await page.evaluate(() => document.activeElement !== document.body)) await focusIsSeen(page)
  }
  throw new Error(`nothing called ${name} takes the focus`)
}

/** Says the second factor where it is asked for: after five minutes it is, before it is not. */
async function proveIfAsked(page: Page, who: Who): Promise<void> {
  const dialog = page.getByRole('dialog', { name: '请再次验证身份' })
  if (!(await dialog.isVisible())) return
  await dialog.getByRole('textbox').fill(await freshDigits(page, who))
  await page.keyboard.press('Enter')
}

test('S-154 operations ask for another price, and finance agrees by keyboard alone', async ({ browser }) => {
  test.setTimeout(180_000)
  const ops = await (await deskOf(browser, WIDE)).newPage()
  await comeIn(ops, 'ops')
  await ops.keyboard.press('g')
  await ops.keyboard.press('p')
  await expect(ops.getByRole('heading', { level: 1 })).toHaveText('商品与库存')
  await ops.goto('/office/products/sku_petro_500')
  const version = Number(await ops.locator('.detail-pane .facts > div', { hasText: '价格版本' }).locator('dd').textContent())
  const price = version % 2 ? '489.90' : '492.50'
  await tabTo(ops, /提出修改/)
  await ops.keyboard.press('Enter')
  await tabTo(ops, /^售价$/)
  await ops.keyboard.press('Control+a')
  await ops.keyboard.type(price)
  await tabTo(ops, /核对并提交/)
  await ops.keyboard.press('Enter')
  await expect(ops.getByRole('dialog').locator('tbody tr')).toHaveCount(1)
  await expect(ops.getByRole('dialog').locator('ins')).toHaveText(`¥${price}`)
  await tabTo(ops, /^提交申请$/)
  await ops.keyboard.press('Enter')
  const link = ops.getByRole('link', { name: '查看申请' })
  const id = ((await link.getAttribute('href')) ?? '').split('/').at(-1) ?? ''
  await link.press('Enter')
  await expect(ops.getByText('由您提出：须由另一位同事决定')).toBeVisible()
  await expect(ops.getByRole('button', { name: '同意' })).toHaveCount(0)

  const finance = await (await deskOf(browser, WIDE)).newPage()
  await comeIn(finance, 'finance2')
  await finance.keyboard.press('g')
  await finance.keyboard.press('a')
  await expect(finance.getByRole('heading', { level: 1 })).toHaveText('审批')
  const row = finance.locator(`[data-row="${id}"]`)
  await expect(row).toBeVisible()
  for (let step = 0; step < 40 && !(await row.evaluate((at) => at === document.activeElement)); step += 1) await finance.keyboard.press('j')
  await finance.keyboard.press('Enter')
  await expect(finance).toHaveURL(new RegExp(`${id}$`))
  const change = finance.locator('.detail-pane .diff tbody tr', { hasText: '售价' }).first()
  await expect(change.locator('ins')).toHaveText(`¥${price}`)
  await finance.keyboard.press('?')
  await expect(finance.getByRole('dialog')).toContainText('同意')
  await finance.keyboard.press('Escape')
  await finance.keyboard.press('a')
  const sheet = finance.getByRole('dialog', { name: '同意这项申请？' })
  await expect(sheet).toContainText('您是最后一人：同意后立即执行。')
  await tabTo(finance, /^同意$/)
  await finance.keyboard.press('Enter')
  await proveIfAsked(finance, 'finance2')
  await expect(row).toHaveCount(0)
  await finance.goto(`/office/approvals/${id}`)
  await expect(finance.locator('.detail-pane .chip').first()).toHaveText('已同意')
  await expect(async () => {
    await finance.goto('/office/products/sku_petro_500') // each process of the API keeps the catalogue for a moment
    await expect(finance.locator('.detail-pane .facts > div', { hasText: '售价' }).locator('dd')).toHaveText(`¥${price}`, { timeout: 3_000 })
  }).toPass({ timeout: 90_000 })
})

test('S-154 a batch with two wrong lines brings no card into stock, and says which lines they are', async ({ browser }) => {
  test.setTimeout(180_000)
  const page = await (await deskOf(browser, WIDE)).newPage()
  await comeIn(page, 'ops')
  await page.goto('/office/products')
  const stock = page.locator('tr', { has: page.locator('[data-row="sku_petro_500"]') }).locator('td[data-label="库存"]')
  await expect(stock).toHaveText(/^\d/)
  const before = await stock.textContent()
  await page.keyboard.press('g')
  await page.keyboard.press('b')
  await tabTo(page, /登记一个批次/)
  await page.keyboard.press('Enter')
  await tabTo(page, /^商品$/)
  await page.keyboard.type('Petro')
  const number = String(Date.now()).padStart(14, '0')
  const lines = ['card_number,secret,face_fen', `${number}01,abcDEF1,50000`, `${number}02,x,50000`, `${number}01,abcDEF3,50000`]
  await tabInto(page, page.locator('input[type="file"]'))
  const [choice] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')])
  await choice.setFiles({ name: 'delivery.csv', mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\n')}\n`) })
  await expect(page.locator('.detail-pane .facts > div', { hasText: '面值合计' }).locator('dd')).toHaveText('¥1,500.00')
  await tabTo(page, /登记并上传/)
  await page.keyboard.press('Enter')
  const sheet = page.getByRole('dialog', { name: '登记并上传这批卡？' })
  await expect(sheet).toContainText('delivery.csv')
  await tabTo(page, /^登记并上传$/)
  await page.keyboard.press('Enter')
  await expect(page.locator('.detail-pane .chip').first()).toHaveText('未通过', { timeout: 60_000 })
  await expect(page.locator('.flaws tbody tr')).toHaveText([/3\s*卡密应为 6 至 20 位字母或数字/, /4\s*卡号在文件里重复/])
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载问题清单' }).press('Enter')])
  expect(file.suggestedFilename()).toMatch(/^bat_[0-9A-Z]{26}-errors\.csv$/)
  await page.goto('/office/products')
  await expect(stock).toHaveText(before ?? '')
})

test('operations draft a plan in the form: the mistake at its field, the JSON in step, kept over a reload, named views', async ({ browser }) => {
  test.setTimeout(120_000)
  const ops = await (await deskOf(browser, WIDE)).newPage()
  await comeIn(ops, 'ops')
  await ops.goto('/office/plans')
  await ops.getByRole('link', { name: '起草方案' }).click()
  await expect(ops.getByRole('heading', { level: 1 })).toHaveText('起草方案')
  await ops.getByRole('button', { name: '提交草案' }).click()
  await expect(ops.getByLabel('方案编号')).toBeFocused()
  await expect(ops.getByText('还有 2 处需要改正')).toBeVisible()

  const id = `p${Date.now().toString(36)}`
  await ops.getByLabel('方案编号').fill(id)
  await ops.getByLabel('生效时间').fill('2036-01-01T00:00')
  const rules = ops.locator('.plan-rule')
  const before = await rules.count()
  await ops.getByRole('button', { name: '添加规则' }).click()
  const rule = rules.nth(before)
  await rule.getByLabel('比例（%）').fill('101')
  await expect(rule.getByText('请填写 0 到 100 的百分比')).toBeVisible()
  await rule.getByLabel('比例（%）').fill('0.25')
  await rule.getByLabel(/^地区/).fill('5301')
  await ops.reload()
  await expect(ops.getByText('这是您上次没有提交的草稿。')).toBeVisible()
  await ops.getByRole('button', { name: 'JSON（专家）' }).click()
  const json = ops.locator('.plan-json')
  const document = JSON.parse(await json.inputValue()) as { plan_id: string; margin_share_bps?: number; rules: object[] }
  expect(document.plan_id).toBe(id)
  expect(document.rules.at(-1)).toMatchObject({ kind: 'PERCENT', value: 25, level: 1, base: 'PAID', scope: { region: '5301' } })
  await json.fill('{')
  await expect(ops.getByText('不是有效的 JSON 文档，改好后才能提交')).toBeVisible()
  await json.fill(JSON.stringify({ ...document, margin_share_bps: 4_250 }))
  await ops.getByRole('button', { name: '表单' }).click()
  await expect(ops.getByLabel(/^佣金上限（占毛利）/)).toHaveValue('42.5')

  await ops.getByRole('button', { name: '提交草案' }).click()
  await expect(ops).toHaveURL(`/office/plans/draft:${id}`)
  const changes = ops.locator('.detail-pane table').first()
  await expect(changes).toContainText('按比例 0.25%')
  await expect(changes).toContainText('42.5%')
  await ops.reload() // the address of a draft is a page's, also where its id has no dash
  await expect(ops.locator('.detail-pane h2').first()).toHaveText(id)

  await ops.goto('/office/products')
  await ops.getByText('显示的列').click()
  await ops.getByRole('checkbox', { name: '成本' }).uncheck()
  await ops.getByRole('button', { name: '保存视图' }).click()
  await ops.getByLabel('名称').fill('不看成本')
  await ops.getByRole('dialog').getByRole('button', { name: '保存', exact: true }).click()
  await ops.getByLabel('视图', { exact: true }).selectOption({ label: '默认' })
  await expect(ops.getByRole('columnheader', { name: '成本' })).toBeVisible()
  await ops.getByLabel('视图', { exact: true }).selectOption({ label: '不看成本' })
  await expect(ops.getByRole('columnheader', { name: '成本' })).toHaveCount(0)
})
