/** The places of whoever is not of the office: the door, customers and distributors. */
import type { Page } from '@playwright/test'

import { after, dialogBy, type Place } from './place.ts'
import { ordersOf, PASSWORD } from './people.ts'
import { all, loses, mayClose, mayWithdraw, noticeDue, payeeAsked, plasticCard, recoveryCodes, refundPreview, refuses, sessionEnds, unpaidOrder, withdrawal } from './told.ts'

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

async function addPasskey(page: Page): Promise<void> {
  const panel = page.locator('.panel:has(input[maxlength="40"])')
  await panel.locator('input').fill('我的手机')
  await panel.locator('button[type="submit"]').click()
  await page.locator('dialog[open]').waitFor()
}

async function changePhone(page: Page): Promise<void> {
  const form = page.locator('#main form:has(input[type="tel"])')
  await form.locator('input[type="tel"]').fill('13900000000')
  await form.locator('input[autocomplete="one-time-code"]').fill('123456')
  await form.locator('input[type="password"]').fill(PASSWORD)
  await form.locator('button[type="submit"]').click()
  await page.locator('dialog[open]').waitFor()
}

async function closeAccount(page: Page): Promise<void> {
  await dialogBy(CLOSE)(page)
  await page.locator('dialog[open] input').fill(PASSWORD)
  await page.locator('dialog[open] .button.danger').click()
  await page.locator('dialog[open] input[maxlength="29"]').waitFor()
}

/** Onward in the demonstration. */
const ONWARD = '#main .row.spread > .button.primary'
const REVEAL = '.pane-detail .panel:last-of-type .button.secondary'
const CLOSE = '#main .button.danger'

const DOOR: readonly Place[] = [
  { name: 'sign-in-refused', who: 'nobody', path: '/sign-in', open: wrongSignIn },
  { name: 'register-captcha', who: 'nobody', path: '/register', open: withCaptcha },
  { name: 'join', who: 'nobody', path: '/join/7K3M9PQRS2TV' },
  { name: 'new-password', who: 'nobody', path: '/new-password' },
  { name: 'no-such-page', who: 'nobody', path: '/no/such/page' },
  { name: 'demo', who: 'nobody', path: '/demo', open: [dialogBy(ONWARD, '#main .button.primary.wide'), dialogBy(ONWARD, ONWARD, '#main section .button.secondary')] },
]

const CUSTOMER: readonly Place[] = [
  { name: 'home-notice', who: 'customer', path: '/home', told: noticeDue, open: dialogBy() },
  { name: 'top-up', who: 'customer', path: '/top-up', open: [dialogBy('#main .head button'), confirmTopUp] },
  {
    name: 'buy', who: 'customer', path: '/buy', leaves: true,
    open: [after(refuses('/v1/orders', 'REAL_NAME_REQUIRED', 422), buyUntil('input')), after(loses('/v1/orders'), buyUntil('.intent'))],
  },
  { name: 'orders', states: true, who: 'customer', path: '/orders' },
  { name: 'order', states: true, who: 'customer', path: doneOrder },
  {
    name: 'order-unpaid', who: 'customer', path: doneOrder, told: unpaidOrder,
    open: [dialogBy('.pane-detail .row > .button.quiet'), dialogBy('.pane-detail .row > .button.secondary:nth-of-type(3)')],
  },
  {
    name: 'refund', who: 'customer', path: refundOf, leaves: true, told: all(refundPreview, loses('/v1/orders/{order_id}/refunds')),
    open: [dialogBy('#main .button.primary.wide'), async (page) => dialogBy('#main .button.primary.wide', AGREE)(page).then(() => page.locator('dialog[open] .intent').waitFor())],
  },
  { name: 'cards-session-ends', states: true, who: 'customer', path: '/cards', told: sessionEnds, open: dialogBy() },
  { name: 'card-freeze', states: true, who: 'customer', path: firstCard, open: dialogBy('.pane-detail .panel .row button') },
  { name: 'card-secret', who: 'customer', path: firstCard, told: plasticCard, open: [dialogBy(REVEAL), dialogBy(REVEAL, 'dialog[open] .button.danger', 'dialog[open] dd')] },
  { name: 'card-statement', who: 'customer', path: async (page) => `${await firstCard(page)}/statement` },
  { name: 'card-bind', who: 'customer', path: '/cards/bind', open: (page) => page.locator(SUBMIT).click() },
  { name: 'me', who: 'customer', path: '/me' },
  {
    name: 'security', who: 'customer', path: '/me/security',
    open: [
      after(refuses('/v1/me/second-factor', 'PROOF_REQUIRED', 401, { facts: { by: ['password', 'code'] } }), dialogBy('.panel:has(.chip) .button.primary')),
      after(refuses('/v1/me/passkeys', 'SECOND_FACTOR_REQUIRED', 401), addPasskey),
      after(recoveryCodes, showCodes),
    ],
  },
  {
    name: 'privacy', who: 'customer', path: '/me/privacy', told: all(mayClose, refuses('/v1/me/phone', 'SECOND_FACTOR_REQUIRED', 401, { method: 'PUT' }), refuses('/v1/me/closing', 'SECOND_FACTOR_REQUIRED', 401)),
    open: [changePhone, dialogBy(CLOSE), closeAccount],
  },
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
