/** Pages: every place of the app, and who sees it. A page of one thing says how it is found. */
import type { Page } from '@playwright/test'

import { ordersOf, type Who } from './people.ts'

export interface Place {
  name: string
  who: Who | 'nobody'
  path: string | ((page: Page) => Promise<string>)
  /** What is opened before one looks: a dialog, an error. */
  open?: (page: Page) => Promise<void>
}

async function doneOrder(page: Page): Promise<string> {
  const found = (await ordersOf(page)).find((order) => order.state === 'COMPLETED')
  return `/orders/${found?.order_id ?? ''}`
}

async function firstCard(page: Page): Promise<string> {
  await page.goto('/cards')
  return (await page.locator('.pane-list a[href^="/cards/crd_"]').first().getAttribute('href')) ?? ''
}

async function confirmTopUp(page: Page): Promise<void> {
  await page.locator('#main input[inputmode="decimal"]').fill('100')
  await page.locator('#main button[type="submit"]').click()
  await page.locator('dialog[open] .button.primary:not([aria-disabled])').waitFor()
}

/** Of the newest entry; the first sale of the demo world has one. */
async function explanationOf(page: Page): Promise<string> {
  await page.goto('/distributor/earnings')
  return (await page.locator('.entries a').first().getAttribute('href')) ?? ''
}

async function firstNode(page: Page): Promise<string> {
  await page.goto('/office/distribution')
  return (await page.locator('.node-list a').first().getAttribute('href')) ?? ''
}

/** Screens of the office that an auditor sees. */
const OFFICE = [
  'approvals', 'products', 'batches', 'orders', 'refunds', 'people', 'distribution', 'plans', 'withdrawals', 'reconciliation',
  'findings', 'ledger', 'books', 'alerts', 'parameters', 'staff', 'reads', 'archive',
] as const

async function wrongSignIn(page: Page): Promise<void> {
  await page.locator('input[autocomplete="username"]').fill('13800000000')
  await page.locator('input[autocomplete="current-password"]').fill('not-this-password')
  await page.locator('button[type="submit"]').click()
  await page.locator('.trouble').waitFor()
}

async function withCaptcha(page: Page): Promise<void> {
  await page.locator('input[type="tel"]').fill('13900000000')
  await page.locator('.with-button button').click()
  await page.locator('.captcha').waitFor()
}

const dialogBy = (button: string) => async (page: Page): Promise<void> => {
  await page.locator(button).first().click()
  await page.locator('dialog[open]').waitFor()
}

/** The same pages with a dialog, a help or an error open. */
const OPENED: readonly Place[] = [
  { name: 'sign-in-refused', who: 'nobody', path: '/sign-in', open: wrongSignIn },
  { name: 'register-captcha', who: 'nobody', path: '/register', open: withCaptcha },
  { name: 'top-up-help', who: 'customer', path: '/top-up', open: dialogBy('#main .head button') },
  { name: 'leave-distribution', who: 'chuncheng', path: '/distributor/me', open: dialogBy('#main .button.danger') },
  { name: 'overview-choice', who: 'auditor', path: '/office', open: dialogBy('#main .head .actions button') },
  { name: 'office-display', who: 'auditor', path: '/office/orders', open: dialogBy('.office-bar .tools button:nth-of-type(2)') },
  { name: 'parameter-proposal', who: 'ops', path: '/office/parameters', open: dialogBy('#main button.unbroken') },
  { name: 'plan-draft', who: 'ops', path: '/office/plans/new' },
  { name: 'staff-invitation', who: 'admin', path: '/office/staff', open: dialogBy('#main .head .actions button') },
  { name: 'posting', who: 'finance', path: '/office/books', open: dialogBy('#main .head .actions button') },
  { name: 'tree-found', who: 'ops', path: '/office/distribution', open: dialogBy('#main .head .actions button') },
  { name: 'distributor-in-office', who: 'auditor', path: firstNode },
  { name: 'shortcuts', who: 'auditor', path: '/office', open: (page) => page.keyboard.press('?').then(() => page.locator('dialog[open]').waitFor()) },
]

export const PLACES: readonly Place[] = [
  { name: 'sign-in', who: 'nobody', path: '/sign-in' },
  { name: 'register', who: 'nobody', path: '/register' },
  { name: 'join', who: 'nobody', path: '/join/7K3M9PQRS2TV' },
  { name: 'new-password', who: 'nobody', path: '/new-password' },
  { name: 'no-such-page', who: 'nobody', path: '/no/such/page' },
  { name: 'home', who: 'customer', path: '/home' },
  { name: 'top-up', who: 'customer', path: '/top-up' },
  { name: 'top-up-confirm', who: 'customer', path: '/top-up', open: confirmTopUp },
  { name: 'buy', who: 'customer', path: '/buy', open: (page) => page.locator('#main input[name="product"]').first().check() },
  { name: 'orders', who: 'customer', path: '/orders' },
  { name: 'order', who: 'customer', path: doneOrder },
  { name: 'refund', who: 'customer', path: async (page) => `${await doneOrder(page)}/refund` },
  { name: 'cards', who: 'customer', path: '/cards' },
  { name: 'card', who: 'customer', path: firstCard },
  { name: 'card-freeze', who: 'customer', path: firstCard, open: (page) => page.locator('.pane-detail .panel .row button').first().click() },
  { name: 'card-statement', who: 'customer', path: async (page) => `${await firstCard(page)}/statement` },
  { name: 'card-bind', who: 'customer', path: '/cards/bind', open: (page) => page.locator('#main button[type="submit"]').click() },
  { name: 'demo', who: 'nobody', path: '/demo' },
  { name: 'me', who: 'customer', path: '/me' },
  { name: 'security', who: 'customer', path: '/me/security' },
  { name: 'privacy', who: 'customer', path: '/me/privacy' },
  { name: 'preferences', who: 'customer', path: '/me/preferences' },
  { name: 'real-name', who: 'customer', path: '/me/real-name' },
  { name: 'service', who: 'customer', path: '/service' },
  { name: 'staff-security', who: 'finance', path: '/office/me/security' },
  { name: 'workbench', who: 'chuncheng', path: '/distributor' },
  { name: 'earnings', who: 'chuncheng', path: '/distributor/earnings' },
  { name: 'explanation', who: 'chuncheng', path: explanationOf },
  { name: 'statement-of-earnings', who: 'chuncheng', path: '/distributor/earnings/statement' },
  { name: 'withdrawals', who: 'chuncheng', path: '/distributor/earnings/withdrawals' },
  { name: 'new-withdrawal', who: 'chuncheng', path: '/distributor/earnings/withdrawals/new' },
  { name: 'level-rules', who: 'chuncheng', path: '/distributor/earnings/rules' },
  { name: 'brought-customers', who: 'chuncheng', path: '/distributor/customers' },
  { name: 'promote', who: 'chuncheng', path: '/distributor/promote' },
  { name: 'place', who: 'chuncheng', path: '/distributor/me' },
  { name: 'payee', who: 'chuncheng', path: '/distributor/me/payee' },
  { name: 'apply', who: 'customer', path: '/distributor/apply' },
  ...OPENED,
  { name: 'office', who: 'finance', path: '/office' },
  ...OFFICE.map((name): Place => ({ name: `office-${name}`, who: 'auditor', path: `/office/${name}` })),
]

export const WIDTHS = [375, 768, 1440] as const
export const THEMES = ['light', 'dark'] as const
export const LANGUAGES = ['zh-CN', 'en'] as const

export interface Look {
  width: (typeof WIDTHS)[number]
  theme: (typeof THEMES)[number]
  language: (typeof LANGUAGES)[number]
}

export const EVERY_LOOK: readonly Look[] = WIDTHS.flatMap((width) =>
  THEMES.flatMap((theme) => LANGUAGES.map((language) => ({ width, theme, language }))),
)

/** Six looks in which every two of a width, a theme and a language meet. */
const PAIRWISE: readonly Look[] = [
  { width: 375, theme: 'light', language: 'zh-CN' },
  { width: 768, theme: 'dark', language: 'en' },
  { width: 1440, theme: 'light', language: 'en' },
  { width: 375, theme: 'dark', language: 'en' },
  { width: 768, theme: 'light', language: 'zh-CN' },
  { width: 1440, theme: 'dark', language: 'zh-CN' },
]

/** The looks of a page: one of six by turns, or all of them (LOOKS=all). */
export function looksOf(index: number): readonly Look[] {
  return process.env['LOOKS'] === 'all' ? EVERY_LOOK : [PAIRWISE[index % PAIRWISE.length] as Look]
}
