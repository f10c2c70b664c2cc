/** One journey at every width: the phone shows one thing at a time, the tablet list and detail together, the desk uses
 * its width and its keys. What a customer buys at each width: readable.journey.ts. */
import { expect, test, type Locator, type Page } from '@playwright/test'

import { comeIn, deskOf, leaveAll } from './people.ts'

const WIDTHS = [375, 768, 1440] as const
const TWO_PANES_FROM = 768
const main = (page: Page): Locator => page.locator('#main')

/** Whether both are seen, and the one ends before the other begins. */
async function beside(one: Locator, other: Locator): Promise<boolean> {
  const [left, right] = [await one.boundingBox(), await other.boundingBox()]
  return Boolean(left && right && left.x + left.width <= right.x && right.y < left.y + left.height)
}

async function fits(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
}

test.afterEach(({ browser }) => leaveAll(browser))

test('S-012 S-129 a distributor opens an earning and its explanation, the same at each width', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'chuncheng')
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto('/distributor/earnings')
    await main(page).locator('.entries a').first().click()
    await expect(page.getByRole('group', { name: '为什么是这个数' })).toContainText('三次计算一致')
    await fits(page, width)
    if (width >= TWO_PANES_FROM) expect(await beside(page.locator('.list-pane'), page.locator('.detail-pane'))).toBe(true)
    else await expect(page.locator('.list-pane')).toBeHidden()
    await page.locator('.pane-back, .pane-close').filter({ visible: true }).click()
    await expect(page).toHaveURL(/\/distributor\/earnings$/)
    await expect(page.locator('.list-pane')).toBeVisible()
  }
})

test('S-012 S-129 S-130 the office opens a batch at each width; the desk chooses columns, reads list and detail, and goes by keys', async ({ browser }) => {
  const page = await (await deskOf(browser)).newPage()
  await comeIn(page, 'auditor')
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto('/office/batches')
    await main(page).locator('[data-row]').first().click()
    await expect(page.locator('.detail-pane .facts').first()).toBeVisible()
    await fits(page, width)
    if (width >= TWO_PANES_FROM) expect(await beside(page.locator('.list-pane'), page.locator('.detail-pane'))).toBe(true)
    else await expect(page.locator('.list-pane')).toBeHidden()
  }
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/office\/batches$/)
  await expect(main(page).locator('[data-row]').first()).toBeFocused()

  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog')
  await expect(sheet).toContainText('键盘快捷键')
  for (const place of ['订单', '账本', '下一行', '收起详情']) await expect(sheet).toContainText(place)
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('v')
  await expect(page).toHaveURL(/\/office\/parameters$/)

  const heads = main(page).getByRole('columnheader')
  await expect(heads).toHaveText(['参数', '当前值', '默认值', '依据'])
  await main(page).getByText('显示的列').click()
  await main(page).getByRole('checkbox', { name: '依据' }).uncheck()
  await expect(heads).toHaveText(['参数', '当前值', '默认值'])
  await page.reload()
  await expect(heads).toHaveText(['参数', '当前值', '默认值'])
  const table = await main(page).getByRole('table').boundingBox()
  expect(table?.width ?? 0).toBeGreaterThan(1_000)
})
