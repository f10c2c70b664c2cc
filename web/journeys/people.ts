/** People of the demo world, as they come in: by the page, with a device that is known and the digits of now. */
import { execFileSync } from 'node:child_process'

import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test'
import { ulid } from 'ulid'

export const PASSWORD = 'forecourt-demo'
export const DEVICE = 'the-device-of-this-demo'

export const PEOPLE = {
  customer: '13800003001',
  root: '13800002001',
  chuncheng: '13800002002',
  dianchi: '13800002003',
  cuihu: '13800002004',
  ops: '13800000101',
  finance: '13800000102',
  finance2: '13800000103',
  risk: '13800000104',
  admin: '13800000105',
  support: '13800000106',
  auditor: '13800000107',
} as const

export type Who = keyof typeof PEOPLE

/** A browser of somebody's own, as it is on their desk. */
export async function deskOf(browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  await knownDevice(context)
  return context
}

/** The browser gives itself the name that the demo world knows. */
export async function knownDevice(context: BrowserContext): Promise<void> {
  await context.addInitScript((device) => {
    if (!localStorage.getItem('forecourt-device')) localStorage.setItem('forecourt-device', device)
  }, DEVICE)
}

const DIGITS_MS = 35_000
const STEP_MS = 30_000
const shown = new Map<Who, number>()

/** Digits of somebody's authenticator that were not shown yet: each are good once, change twice a minute, and are good
 * half a minute early. */
export async function freshDigits(page: Page, who: Who): Promise<string> {
  let digits: string | undefined
  await expect(async () => {
    const now = Math.floor(Date.now() / STEP_MS)
    const step = Math.max(now, (shown.get(who) ?? 0) + 1)
    digits = (await digitsOf(page, PEOPLE[who]))[step - now]
    expect(digits).toBeDefined()
    expect(Math.floor(Date.now() / STEP_MS)).toBe(now)
    shown.set(who, step)
  }).toPass({ timeout: DIGITS_MS, intervals: [500] })
  return digits ?? ''
}

/** The digits that somebody's authenticator shows now, and those that it shows next, from the page of text messages
 * beside the run. */
async function digitsOf(page: Page, phone: string): Promise<string[]> {
  const told = await (await page.request.get('/local/messages')).text()
  const row = told.slice(told.indexOf('Authenticators')).split(phone)[1]?.split('</tr>')[0] ?? ''
  return row.match(/\b\d{6}\b/g) ?? []
}

/** The code that was sent to a number last, from the page of text messages beside the run. */
export async function codeFor(page: Page, phone: string): Promise<string> {
  let code = ''
  await expect(async () => {
    const told = await (await page.request.get('/local/messages')).text()
    const row = told.slice(0, told.indexOf('Authenticators')).split(phone)[1] ?? ''
    code = /\b\d{6}\b/.exec(row.replace(/<[^>]+>/g, ' '))?.[0] ?? ''
    expect(code).not.toBe('')
  }).toPass({ timeout: 15_000 })
  return code
}

const READ = `
import os, sys
from local.people import Phones
from local.running import environment_of_run
print(Phones.of_run(environment_of_run(os.environ)).captcha(*sys.argv[1:])["answer"])
`

/** What a person reads in a picture that no program reads: worked out by the key that only the run has. */
export async function readCaptcha(page: Page, captchaId: string): Promise<string> {
  const device = await page.evaluate(() => localStorage.getItem('forecourt-device') ?? '')
  const { PATH = '', FORECOURT_STATE = 'build/journeys-state' } = process.env // no more: whoever starts the journeys may have an engine of their own
  const env = { PATH, FORECOURT_STATE }
  return execFileSync('.venv/bin/python', ['-c', READ, captchaId, device], { cwd: '..', env, encoding: 'utf8' }).trim()
}

export async function comeIn(page: Page, who: Who): Promise<void> {
  const phone = PEOPLE[who]
  await page.goto('/sign-in')
  await page.locator('input[autocomplete="username"]').fill(phone)
  await page.locator('input[autocomplete="current-password"]').fill(PASSWORD)
  await page.locator('button[type="submit"]').click()
  if (who !== 'customer') {
    const factor = page.locator('input[maxlength="29"]')
    await expect(async () => {
      await factor.fill(await freshDigits(page, who)) // a run before this one may have shown the first ones
      await page.locator('button[type="submit"]').click()
      await expect(page).not.toHaveURL(/sign-in/, { timeout: 3_000 })
    }).toPass({ timeout: 2 * DIGITS_MS })
  }
  await expect(page).not.toHaveURL(/sign-in/)
}

/** Somebody new registers by the page, with a number of their own, and agrees to what must be agreed to. */
export async function registerAnew(page: Page): Promise<void> {
  const phone = `137${String(Date.now() % 1e8).padStart(8, '0')}`
  await page.goto('/register')
  await page.getByLabel('手机号').fill(phone)
  const drawn = page.waitForResponse('**/v1/captchas')
  await page.getByRole('button', { name: '获取验证码' }).click()
  const { captcha_id: captcha } = (await (await drawn).json()) as { captcha_id: string }
  await page.getByLabel('图形验证码').fill(await readCaptcha(page, captcha))
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByLabel('短信验证码').fill(await codeFor(page, phone))
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
  await page.getByRole('checkbox', { name: '我已阅读并同意个人信息处理说明' }).check()
  await page.getByRole('button', { name: '注册' }).click()
  await expect(page).toHaveURL(/\/home$/)
}

export interface Owned {
  order_id: string
  customer_id: string
  state: string
  use: string
  sku_id: string
  payable_fen: number
}

/** Everybody leaves the desk: pages that nobody looks at any more would go on asking. */
export async function leaveAll(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) await context.close()
}

/** The orders of the demo's customer, as the API knows them: asked beside the page, with a session of its own. */
export async function ordersOf(page: Page): Promise<Owned[]> {
  const origin = new URL(process.env['JOURNEYS_URL'] ?? `http://localhost:${process.env['JOURNEYS_PORT'] ?? '8090'}`).origin
  const found: Owned[] = []
  let cursor = ''
  do {
    const query = `limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const ask = async () => page.request.get(`${origin}/v1/orders?${query}`, { headers: { Authorization: `Bearer ${await tokenFrom(page, origin)}` } })
    let told = await ask()
    if (told.status() === 401) {
      known = { token: '', at: 0 } // the oldest of somebody's sessions ends when one too many begins
      told = await ask()
    }
    if (!told.ok()) throw new Error(await told.text())
    const body = (await told.json()) as { items: Owned[]; next?: string }
    found.push(...body.items)
    cursor = body.next ?? ''
  } while (cursor)
  return found
}

/** An electronic card of 200 yuan is bought for the demo's customer, beside the page, and paid at the channel. */
export async function buyCard(page: Page): Promise<string> {
  const origin = new URL(page.url()).origin
  const headers = { Authorization: `Bearer ${await tokenFrom(page, origin)}`, 'Idempotency-Key': ulid() }
  const data = { use: 'CARD_SALE', sku_id: 'sku_virtual_200', expected_fen: 19_900, payment: { method: 'CHANNEL', channel: 'sandbox' } }
  const told = await page.request.post(`${origin}/v1/orders`, { headers, data })
  expect(told.status(), await told.text()).toBe(201)
  const { order, pay_url: payUrl } = (await told.json()) as { order: Owned; pay_url: string }
  expect((await page.request.post(payUrl, { data: { action: 'pay' } })).ok()).toBe(true)
  return order.order_id
}

const FRESH_MS = 600_000
let known = { token: '', at: 0 }

async function tokenFrom(page: Page, origin: string): Promise<string> {
  if (Date.now() - known.at < FRESH_MS) return known.token
  const data = { phone: PEOPLE.customer, password: PASSWORD, device: DEVICE, keep: 'token' }
  const told = await page.request.post(`${origin}/v1/sessions`, { data })
  if (!told.ok()) throw new Error(await told.text())
  known = { token: ((await told.json()) as { access_token: string }).access_token, at: Date.now() }
  return known.token
}
