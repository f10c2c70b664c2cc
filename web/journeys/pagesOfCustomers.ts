/** The places of whoever is not of the office: the door, customers and distributors. */
import type { Page } from '@playwright/test'

import { dialogBy, type Place } from './place.ts'
import { ordersOf } from './people.ts'
import { loses, mayClose, mayWithdraw, noticeDue, payeeAsked, plasticCard, recoveryCodes, refundPreview, refuses, sessionEnds, unpaidOrder, withdrawal } from './told.ts'

const SUBMIT = '#main button[type="submit"]'
const AGREE = 'dialog[open] .button.primary:not([aria-disabled])'

export async function doneOrder(page: Page): Promise<string> {
  const found = (await ordersOf(page)).find((order) => order.state === 'COMPLETED')
  return `/orders/${found?.order_id ?? ''}`
}

const refundOf = async (page: Page): Promise<string> => `${await doneOrder(page)}/refund`

async function firstCard(page: Page): Promise<string> {
  await page.goto('/cards')
  return (await page.locator('.pane-list a[href^="/cards/crd_"]').first().getAttribute('href')) ?? ''
}

/** Of the newest entry; the first sale of the demo world has one. */
async function explanationOf(page: Page): Promise<string> {
  await page.goto('/distributor/earnings')
  return (await page.locator('.entries a').first().getAttribute('href')) ?? ''
}

async function wrongSignIn(page: Page): Promise<void> {
  await page.locator('input[autocomplete="username"]').fill('13800000000')
  await page.locator('input[autocomplete="current-password"]').fill('not-this-password')
  await page.locator('button[type="submit"]').click()
  await page.locator('.trouble, .captcha').waitFor() // whoever was wrong often is asked for a picture first
}

async function withCaptcha(page: Page): Promise<void> {
  await page.locator('input[type="tel"]').fill('13900000000')
  await page.locator('.with-button button').click()
  await page.locator('.captcha').waitFor()
}

async function confirmTopUp(page: Page): Promise<void> {
  await page.locator('#main input[inputmode="decimal"]').fill('100')
  await page.locator(SUBMIT).click()
  await page.locator(AGREE).waitFor()
}

/** Buys as far as the answer, which is told. */
const buyUntil = (shown: string) => async (page: Page): Promise<void> => {
  await page.locator('#main input[name="product"]').first().check()
  await dialogBy(SUBMIT, AGREE)(page)
  await page.locator(`dialog[open] ${shown}`).first().waitFor()
}

async function showCodes(page: Page): Promise<void> {
  const panel = page.locator('.panel:has(.chip)').first()
  await panel.locator('.button.primary').click()
  await panel.locator('input[maxlength="6"]').fill('123456')
  await panel.locator('button[type="submit"]').click()
  await page.locator('dialog[open]').waitFor()
}

async function withdraw(page: Page): Promise<void> {
  await page.locator('#main form input[inputmode="decimal"]').fill('100')
  await page.locator('#main form .split').waitFor()
  await dialogBy(SUBMIT)(page)
  await page.locator('dialog[open] form input').waitFor()
}

async function changePayee(page: Page): Promise<void> {
  const fields = page.locator('#main form input')
  for (const [index, text] of ['春城演示', '演示银行昆明分行', '6222000011112001'].entries()) await fields.nth(index).fill(text)
  await dialogBy(SUBMIT)(page)
}

/** Onward in the demonstration. */
const ONWARD = '#main .row.spread > .button.primary'

const DOOR: readonly Place[] = [
  { name: 'sign-in-refused', who: 'nobody', path: '/sign-in', open: wrongSignIn },
  { name: 'register-captcha', who: 'nobody', path: '/register', open: withCaptcha },
  { name: 'join', who: 'nobody', path: '/join/7K3M9PQRS2TV' },
  { name: 'new-password', who: 'nobody', path: '/new-password' },
  { name: 'no-such-page', who: 'nobody', path: '/no/such/page' },
  { name: 'demo-confirm', who: 'nobody', path: '/demo', open: dialogBy(ONWARD, '#main .button.primary.wide') },
  { name: 'demo-secret', who: 'nobody', path: '/demo', open: dialogBy(ONWARD, ONWARD, ONWARD, '#main section .button.secondary') },
]

const CUSTOMER: readonly Place[] = [
  { name: 'home-notice', who: 'customer', path: '/home', told: noticeDue, open: dialogBy() },
  { name: 'top-up-help', who: 'customer', path: '/top-up', open: dialogBy('#main .head button') },
  { name: 'top-up-confirm', who: 'customer', path: '/top-up', open: confirmTopUp },
  { name: 'buy-real-name', who: 'customer', path: '/buy', told: refuses('/v1/orders', 'REAL_NAME_REQUIRED', 422), open: buyUntil('input') },
  { name: 'buy-unknown', who: 'customer', path: '/buy', told: loses('/v1/orders'), open: buyUntil('.intent'), leaves: true },
  { name: 'orders', states: true, who: 'customer', path: '/orders' },
  { name: 'order', states: true, who: 'customer', path: doneOrder },
  { name: 'order-cancel', who: 'customer', path: doneOrder, told: unpaidOrder, open: dialogBy('.pane-detail .row > .button.quiet') },
  { name: 'order-from-card', who: 'customer', path: doneOrder, told: unpaidOrder, open: dialogBy('.pane-detail .row > .button.secondary:nth-of-type(3)') },
  { name: 'refund-confirm', who: 'customer', path: refundOf, told: refundPreview, open: dialogBy('#main .button.primary.wide') },
  { name: 'cards-session-ends', states: true, who: 'customer', path: '/cards', told: sessionEnds, open: dialogBy() },
  { name: 'card-freeze', states: true, who: 'customer', path: firstCard, open: dialogBy('.pane-detail .panel .row button') },
  { name: 'card-secret', who: 'customer', path: firstCard, told: plasticCard, open: dialogBy('.pane-detail .panel:last-of-type .button.secondary', 'dialog[open] .button.danger', 'dialog[open] dd') },
  { name: 'card-statement', who: 'customer', path: async (page) => `${await firstCard(page)}/statement` },
  { name: 'card-bind', who: 'customer', path: '/cards/bind', open: (page) => page.locator(SUBMIT).click() },
  { name: 'me', who: 'customer', path: '/me' },
  { name: 'security-codes', who: 'customer', path: '/me/security', told: recoveryCodes, open: showCodes },
  { name: 'privacy-close', who: 'customer', path: '/me/privacy', told: mayClose, open: dialogBy('#main .button.danger') },
  { name: 'preferences', who: 'customer', path: '/me/preferences' },
  { name: 'real-name', who: 'customer', path: '/me/real-name' },
  { name: 'service', who: 'customer', path: '/service' },
  { name: 'apply', who: 'customer', path: '/distributor/apply' },
]

const DISTRIBUTOR: readonly Place[] = [
  { name: 'workbench', who: 'chuncheng', path: '/distributor' },
  { name: 'earnings', who: 'chuncheng', path: '/distributor/earnings' },
  { name: 'explanation', who: 'chuncheng', path: explanationOf },
  { name: 'statement-of-earnings', who: 'chuncheng', path: '/distributor/earnings/statement' },
  { name: 'withdrawals', who: 'chuncheng', path: '/distributor/earnings/withdrawals' },
  { name: 'withdrawal-cancel', states: true, who: 'chuncheng', path: '/distributor/earnings/withdrawals/wdr_told', told: withdrawal, open: dialogBy('#main .button.danger') },
  { name: 'new-withdrawal', who: 'chuncheng', path: '/distributor/earnings/withdrawals/new', told: mayWithdraw, open: withdraw, leaves: true },
  { name: 'level-rules', who: 'chuncheng', path: '/distributor/earnings/rules' },
  { name: 'brought-customers', who: 'chuncheng', path: '/distributor/customers' },
  { name: 'promote', who: 'chuncheng', path: '/distributor/promote' },
  { name: 'leave-distribution', who: 'chuncheng', path: '/distributor/me', open: dialogBy('#main .button.danger') },
  { name: 'payee', who: 'chuncheng', path: '/distributor/me/payee', told: payeeAsked, open: changePayee },
]

export const PLACES_OF_CUSTOMERS: readonly Place[] = [...DOOR, ...CUSTOMER, ...DISTRIBUTOR]
