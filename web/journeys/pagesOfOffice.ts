/** The places of the office: each page with a dialog of its own open, or beside one that is shared. */
import type { Page } from '@playwright/test'

import { dialogBy, type Place } from './place.ts'
import { doneOrder } from './pagesOfCustomers.ts'
import { ordersOf, PEOPLE } from './people.ts'
import { alert, DAY, finding, invited, manualRefund, planDraft, reconciled, refundPreview, refuses, request, withdrawal } from './told.ts'

const ACTION = '#main .head .actions .button.primary'
const DETAIL = '.detail-pane'

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
  { name: 'office-plan-new', who: 'ops', path: '/office/plans/new' },
  { name: 'office-tree-found', who: 'ops', path: '/office/distribution', open: dialogBy('#main .head .actions button') },
  { name: 'office-distributor', states: true, only: 'beside', who: 'ops', path: firstOf('/office/distribution', '/office/distribution/dst_'), open: dialogBy(`${DETAIL} .button.secondary`) },
  { name: 'office-parameter', who: 'ops', path: '/office/parameters', open: dialogBy('#main button.unbroken') },
  { name: 'office-plan-approve', only: 'beside', who: 'risk', path: '/office/plans/draft:pln_next', told: planDraft, open: dialogBy(`${DETAIL} .button.primary`) },
  { name: 'office-plan', states: true, only: 'beside', who: 'risk', path: '/office/plans/pln_at_once' },
  { name: 'office-alert', only: 'beside', who: 'risk', path: '/office/alerts/alr_told', told: alert, open: dialogBy(`${DETAIL} .button.primary`) },
  {
    name: 'office-person-unmask', who: 'support', path: customerOf, open: unmask,
    told: refuses('/v1/office/people/{person_id}/unmasking', 'STEP_UP_REQUIRED', 401),
  },
  { name: 'office-person-card', who: 'support', path: customerOf, open: dialogBy('#main li.row.spread .button') },
  { name: 'office-refund-desk', only: 'beside', who: 'support', path: async (page) => `/office${await doneOrder(page)}`, told: refundPreview, open: refundAtDesk },
  { name: 'office-staff-invite', who: 'admin', path: '/office/staff', open: dialogBy(ACTION) },
  { name: 'office-staff-code', who: 'admin', path: '/office/staff', told: invited, open: invite },
  { name: 'office-staff-lock', states: true, only: 'beside', who: 'admin', path: firstOf('/office/staff', '/office/staff/', PEOPLE.admin.slice(-4)), open: dialogBy(`${DETAIL} .button.danger`) },
  { name: 'office-orders-display', who: 'auditor', path: '/office/orders', open: dialogBy('.office-bar .tools button:nth-of-type(2)') },
  { name: 'office-order', states: true, only: 'beside', who: 'auditor', path: async (page) => `/office${await doneOrder(page)}` },
  { name: 'office-batch-done', states: true, only: 'beside', who: 'auditor', path: firstOf('/office/batches', '/office/batches/bat_') },
  { name: 'office-archive-shortcuts', who: 'auditor', path: '/office/archive', open: shortcuts },
  { name: 'office-reads-menu', who: 'auditor', path: '/office/reads', open: dialogBy('.menu-button'), only: 'narrow' },
]
