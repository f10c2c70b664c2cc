/** The places of the office: each page with a dialog of its own open, or beside one that is shared. */
import type { Page } from '@playwright/test'

import { dialogBy, type Place } from './place.ts'
import { doneOrder } from './pagesOfCustomers.ts'
import { ordersOf, PEOPLE } from './people.ts'
import { alert, DAY, finding, invited, manualRefund, moveAsked, planDraft, reconciled, refundPreview, refuses, request, staffCode, withdrawal } from './told.ts'

const ACTION = '#main .head .actions .button.primary'
const DETAIL = '.detail-pane'
/** What is done about a person's way in. */
const OF_PERSON = '#main .person .panel:first-child .facts + .row .button'

/** The first link of a list, but for one that says this. */
const firstOf = (list: string, prefix: string, but = 'nobody') => async (page: Page): Promise<string> => {
  await page.goto(list)
  return (await page.locator(`#main a[href^="${prefix}"]`).filter({ hasNotText: but }).first().getAttribute('href')) ?? ''
}

async function customerOf(page: Page): Promise<string> {
  return `/office/people/${(await ordersOf(page))[0]?.customer_id ?? ''}`
}

async function unmask(page: Page): Promise<void> {
  await dialogBy('#main .panel .head .button, #main .panel header .button')(page)
  await page.locator('dialog[open] input').fill('T-1')
  await page.locator('dialog[open] textarea').fill('顾客来电')
  await page.locator('dialog[open] .button.primary').click()
  await page.locator('dialog[open] input[autocomplete="one-time-code"]').waitFor()
}

async function refundAtDesk(page: Page): Promise<void> {
  await page.locator(`${DETAIL} .button.primary`).click()
  await page.locator(`${DETAIL} textarea`).fill('顾客来电')
  await page.locator(`${DETAIL} .formula dd`).first().waitFor()
  await dialogBy(`${DETAIL} form .button.primary`)(page)
}

async function changeProduct(page: Page): Promise<void> {
  await page.locator(`${DETAIL} .button.primary`).click()
  await page.locator(`${DETAIL} form input`).first().fill('Petro 加油卡 500 元')
  await dialogBy(`${DETAIL} form .button.primary`)(page)
}

async function importBatch(page: Page): Promise<void> {
  await page.locator(`${DETAIL} select`).selectOption({ index: 1 })
  const lines = 'card_number,secret\n10000000000001,abcDEF1\n'
  await page.locator(`${DETAIL} input[type="file"]`).setInputFiles({ name: 'delivery.csv', mimeType: 'text/csv', buffer: Buffer.from(lines) })
  await dialogBy(`${DETAIL} .button.primary:not([disabled]):not([aria-disabled])`)(page)
}

async function invite(page: Page): Promise<void> {
  await dialogBy(ACTION)(page)
  const sheet = page.locator('dialog[open]')
  await sheet.locator('input[type="tel"]').fill('13800000199')
  await sheet.locator('input[type="checkbox"]').first().check()
  await sheet.locator('input[type="date"]').fill('2027-06-30')
  await sheet.locator('textarea').fill('新同事')
  await sheet.locator('.button.primary').click()
  await page.locator('dialog[open] code').waitFor()
}

/** What operations ask for: another parent, other terms, higher limits. */
const desk = (place: number) => dialogBy(`${DETAIL} .row > button.quiet:nth-of-type(${place})`)

async function askMove(page: Page): Promise<void> {
  await desk(1)(page)
  await page.locator('dialog[open] input').fill('dst_7K3M9PQRS2TV')
  await page.locator('dialog[open] textarea').fill('两方同意')
  await page.locator('dialog[open] .button.primary').click()
  await page.locator('dialog[open] a[href^="/office/approvals/"]').waitFor()
}

async function giveCode(page: Page): Promise<void> {
  await dialogBy(`${DETAIL} .row > .button.quiet`)(page)
  await page.locator('dialog[open] textarea').fill('换了手机')
  await page.locator('dialog[open] .button.primary').click()
  await page.locator('dialog[open] code').waitFor()
}

/** Where the table stands beside what is chosen of it. */
async function nameView(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 })
  await dialogBy('.saved-views .button')(page)
}

async function shortcuts(page: Page): Promise<void> {
  await page.keyboard.press('?')
  await page.locator('dialog[open]').waitFor()
}

export const PLACES_OF_OFFICE: readonly Place[] = [
  { name: 'office-choice', who: 'finance', path: '/office', open: dialogBy('#main .head .actions button') },
  { name: 'office-security-factor', who: 'finance', path: '/office/me/security', open: dialogBy('.panel:has(.chip) .button.danger') },
  { name: 'office-approval', states: true, only: 'beside', who: 'finance', path: '/office/approvals/apr_told', told: request, open: dialogBy('.decide-bar .button.danger') },
  { name: 'office-manual-refund', only: 'beside', who: 'finance', path: '/office/refunds/ref_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK', told: manualRefund, open: dialogBy(`${DETAIL} .row > .button.secondary`) },
  { name: 'office-withdrawal', only: 'beside', who: 'finance', path: '/office/withdrawals/wdr_told', told: withdrawal, open: dialogBy('.decide-bar .button.danger') },
  { name: 'office-reconciliation', only: 'beside', who: 'finance', path: `/office/reconciliation/${DAY}`, told: reconciled, open: dialogBy('.difference .button') },
  { name: 'office-finding', only: 'beside', who: 'finance', path: '/office/findings/fnd_told', told: finding, open: dialogBy(`${DETAIL} .button.primary`) },
  { name: 'office-ledger', who: 'finance', path: '/office/ledger' },
  { name: 'office-posting', who: 'finance', path: '/office/books', open: dialogBy('#main .head .actions button') },
  { name: 'office-product', states: true, only: 'beside', who: 'ops', path: '/office/products/sku_petro_500', open: changeProduct },
  { name: 'office-batch', only: 'beside', who: 'ops', path: '/office/batches/new', open: importBatch },
  { name: 'office-plans', states: true, who: 'ops', path: '/office/plans' },
  { name: 'office-plan-new', who: 'ops', path: '/office/plans/new' },
  { name: 'office-tree-found', who: 'ops', path: '/office/distribution', open: dialogBy('#main .head .actions button') },
  { name: 'office-distributor', states: true, only: 'beside', who: 'ops', path: firstOf('/office/distribution', '/office/distribution/dst_'), told: moveAsked, open: [dialogBy(`${DETAIL} .button.secondary`), desk(2), desk(3), desk(1), askMove] },
  { name: 'office-parameter', who: 'ops', path: '/office/parameters', open: dialogBy('#main button.unbroken') },
  { name: 'office-plan-approve', only: 'beside', who: 'risk', path: '/office/plans/draft:pln_next', told: planDraft, open: dialogBy(`${DETAIL} .button.primary`) },
  { name: 'office-plan', states: true, only: 'beside', who: 'risk', path: '/office/plans/pln_at_once' },
  { name: 'office-alert', only: 'beside', who: 'risk', path: '/office/alerts/alr_told', told: alert, open: dialogBy(`${DETAIL} .button.primary`) },
  {
    name: 'office-person', who: 'support', path: customerOf, told: refuses('/v1/office/people/{person_id}/unmasking', 'STEP_UP_REQUIRED', 401),
    open: [dialogBy('#main li.row.spread .button'), dialogBy(`${OF_PERSON}:nth-of-type(1)`), dialogBy(`${OF_PERSON}:nth-of-type(2)`), unmask],
  },
  { name: 'office-refund-desk', only: 'beside', who: 'support', path: async (page) => `/office${await doneOrder(page)}`, told: refundPreview, open: refundAtDesk },
  { name: 'office-staff', who: 'admin', path: '/office/staff', told: invited, open: [dialogBy(ACTION), invite] },
  { name: 'office-colleague', states: true, only: 'beside', who: 'admin', path: firstOf('/office/staff', '/office/staff/', PEOPLE.admin.slice(-4)), told: staffCode, open: [dialogBy(`${DETAIL} .button.danger`), dialogBy(`${DETAIL} .button.secondary`), dialogBy(`${DETAIL} .row > .button.quiet + .button.quiet`), giveCode] },
  { name: 'office-orders-display', who: 'auditor', path: '/office/orders', open: dialogBy('.office-bar .tools button:nth-of-type(2)') },
  { name: 'office-order', states: true, only: 'beside', who: 'auditor', path: async (page) => `/office${await doneOrder(page)}` },
  { name: 'office-batch-done', states: true, only: 'beside', who: 'auditor', path: firstOf('/office/batches', '/office/batches/bat_'), open: nameView },
  { name: 'office-archive-shortcuts', who: 'auditor', path: '/office/archive', open: shortcuts },
  { name: 'office-reads-menu', who: 'auditor', path: '/office/reads', open: dialogBy('.menu-button'), only: 'narrow' },
]
