/** The office in the browser: each role finds every place that is for it in its menu, and each opens with what it reads;
 * what is asked for there arrives. That no operation lacks a place is counted beside the places (reach.test.ts). */
import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'

import { comeIn, deskOf, leaveAll, type Who } from './people.ts'

const WIDE = { viewport: { width: 1440, height: 900 } }
/** What an auditor sees is opened page by page, too: looks.journey.ts. */
const ROLES = ['admin', 'auditor', 'finance', 'ops', 'risk', 'support'] as const satisfies readonly Who[]
const dialog = (page: Page) => page.locator('dialog[open]')

/** The addresses of a role's places, from the lines of the table. */
function addressesFor(role: string): string[] {
  const table = readFileSync('src/areas/office/places.ts', 'utf8').split('export const PLACES')[1] ?? ''
  const lines = [...table.matchAll(/\{ name: '\w+', path: '([\w-]*)[^']*'.*? roles: (ROLES|\[[^\]]*\])/g)]
  return lines.filter(([, , roles]) => roles === 'ROLES' || roles?.includes(`'${role}'`)).map(([, path]) => `/office/${path}`.replace(/\/$/, ''))
}

test.afterEach(({ browser }) => leaveAll(browser))

for (const role of ROLES) {
  test(`S-009 every place of ${role} opens from the menu, with nothing refused`, async ({ browser }) => {
    test.setTimeout(120_000)
    const page = await (await deskOf(browser, WIDE)).newPage()
    const refused: string[] = []
    await comeIn(page, role)
    await expect(page).toHaveURL(/\/office$/)
    page.on('response', (answer) => answer.status() >= 400 && refused.push(`${answer.status()} ${answer.url()}`))
    const menu = page.locator('.office-side nav a')
    await expect(menu.first()).toBeVisible()
    const addresses = await menu.evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
    expect([...addresses].sort()).toEqual(addressesFor(role).sort())
    const names = new Set<string>()
    for (const address of addresses) {
      await page.locator(`.office-side nav a[href="${address}"]`).click()
      await expect(page).toHaveURL(address)
      await expect(page.locator('.office-side nav a.here')).toHaveAttribute('href', address)
      await expect(page.locator('#main h1')).toBeVisible()
      await expect(page.locator('#main [aria-busy="true"]')).toHaveCount(0)
      await expect(page.locator('#main .trouble')).toHaveCount(0)
      await expect(page.getByText('这里不归您的角色')).toHaveCount(0)
      names.add(await page.locator('#main h1').innerText())
    }
    expect(names.size).toBe(addresses.length)
    expect(refused).toEqual([])
    if (role === 'finance') await postingIsAskedFor(page)
    if (role === 'ops') await limitsAreAskedFor(page)
  })
}

async function requestArrives(page: Page, kind: string): Promise<void> {
  await dialog(page).getByRole('link', { name: '查看申请' }).click()
  await expect(page).toHaveURL(/\/office\/approvals\/\w+/)
  await expect(page.locator('.detail-pane')).toContainText(kind)
  await expect(page.getByText('由您提出：须由另一位同事决定')).toBeVisible()
}

async function postingIsAskedFor(page: Page): Promise<void> {
  await page.goto('/office/books')
  await page.getByLabel('查看当天每一笔').selectOption('A:CHANNEL:sandbox')
  await expect(page.locator('.parts li').first()).toBeVisible()
  await page.getByRole('button', { name: '手工记账' }).click()
  await dialog(page).getByLabel('类型').selectOption('TAX_REMITTED')
  await dialog(page).getByLabel('金额').fill('0.01')
  await dialog(page).getByRole('button', { name: '提交申请' }).click()
  await expect(dialog(page).getByText('请写明理由，至少 2 个字')).toBeVisible()
  await dialog(page).getByLabel('理由').fill('按月缴纳个税')
  await dialog(page).getByRole('button', { name: '提交申请' }).click()
  await requestArrives(page, '缴纳个税')
}

async function limitsAreAskedFor(page: Page): Promise<void> {
  await page.goto('/office/distribution')
  await page.locator('.node-list a').first().click()
  await page.locator('.detail-pane').getByRole('button', { name: '提高提现限额' }).click()
  const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
  await dialog(page).getByLabel('有效至').fill(soon)
  await dialog(page).getByLabel('单笔上限').fill('200000')
  await dialog(page).getByLabel('理由').fill('节前提现较多')
  await dialog(page).getByRole('button', { name: '提交申请' }).click()
  await requestArrives(page, '节前提现较多')
}
