/** Told: what the demo world lacks or what must not happen in it, said to a page in the API's place, so that every
 * dialog can be looked at. Shapes are those of the API's description, which the type check holds. */
import type { Page, Route } from '@playwright/test'

import type { components } from '../src/shared/api/schema.ts'

export type Schemas = components['schemas']
export type Telling = (page: Page) => Promise<void>
type Method = 'GET' | 'POST' | 'PUT'

/** In {gaps} of a path stands anything but a slash. */
function at(path: string): (url: URL) => boolean {
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
  return (url) => pattern.test(url.pathname)
}

const answers = (method: Method, path: string, answer: (route: Route) => Promise<void>): Telling => async (page) => {
  await page.route(at(path), (route) => (route.request().method() === method ? answer(route) : route.fallback()))
}

/** Each telling of several. */
export const all = (...tellings: Telling[]): Telling => async (page) => {
  for (const tell of tellings) await tell(page)
}

export const tells = (path: string, json: object, method: Method = 'GET'): Telling => answers(method, path, (route) => route.fulfill({ json }))

/** The API's own answer, with something of it changed. */
export const changes = <T>(path: string, change: (told: T) => T, method: Method = 'GET'): Telling =>
  answers(method, path, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: change((await response.json()) as T) })
  })

/** No answer comes: nobody knows what became of it. */
export const loses = (path: string): Telling => answers('POST', path, (route) => route.abort('connectionreset'))

export const refuses = (path: string, code: string, status: number, { method = 'POST', facts = {} }: { method?: Method; facts?: Schemas['Problem']['facts'] } = {}): Telling =>
  answers(method, path, (route) => {
    const json: Schemas['Problem'] = { type: 'about:blank', title: code, status, code, detail: '', advice: '', retryable: false, request_id: '', facts }
    return route.fulfill({ status, json, contentType: 'application/problem+json' })
  })

const ID = '7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK'
const THEN = '2026-11-02T08:30:00Z'
const SOON = '2027-01-02T08:30:00Z'
const ORDER_ID = `ord_${ID}`

const REQUEST: Schemas['RequestView'] = {
  request_id: `apr_${ID}`, kind: 'REFUND', state: 'WAITING', about: { order: ORDER_ID, cause: 'CUSTOMER' }, amount_fen: 123_456_789, needed: 2,
  approved_by: [`cus_${ID}`], requested_by: `cus_${ID}`, requested_at: THEN, expires_at: SOON, reason: '顾客来电要求退回全部金额', decisions: [],
}
export const request: Telling = all(
  tells('/v1/office/approvals', { items: [REQUEST] }),
  tells('/v1/office/approvals/{request_id}', REQUEST),
)

const MANUAL: Schemas['ManualRefundView'] = { order_id: ORDER_ID, refund_id: `ref_${ID}`, cause: 'CHANNEL_REFUSES', amount_fen: 123_456_789, since: THEN, reason: 'ACCOUNT_CLOSED' }
export const manualRefund: Telling = tells('/v1/office/refunds', { items: [MANUAL] })

const FINDING: Schemas['FindingView'] = {
  finding_id: `fnd_${ID}`, kind: 'LEDGER_DIFFERENCE', about: `acc_${ID}`, detail: 'balance 100, entries 90', first_at: THEN, last_at: THEN, times: 3,
  state: 'OPEN', resolution: '', decided_by: '', decided_at: null, reason: '',
}
export const finding: Telling = all(tells('/v1/office/findings', { items: [FINDING] }), tells('/v1/office/findings/{finding_id}', FINDING))

export const DAY = '2026-11-02'
const DIFFERENCE: Schemas['DifferenceView'] = {
  difference_id: `dif_${ID}`, channel: 'sandbox', day: DAY, result: 'AMOUNT_DIFFERS', kind: 'PAYMENT', operation_id: `opr_${ID}`, order_id: ORDER_ID,
  channel_fen: 123_456_789, ours_fen: 123_456_000, booked_day: null, cause: '', found_at: THEN, state: 'OPEN', resolution: '', decided_by: '', reason: '',
}
const RECONCILED: Schemas['ReconciledDayView'] = {
  channel: 'sandbox', day: DAY, state: 'COMPARED', is_late: true, compared_at: THEN, open_count: 1, open_fen: 789,
  totals: {
    bill_count: 2, bill_fen: 123_456_789, fee_fen: 60, matched_count: 1, matched_fen: 0, books_count: 2, books_fen: 123_456_000,
    booked_elsewhere_fen: 0, listed_elsewhere_fen: 0, awaited_count: 0, awaited_fen: 0,
  },
}
export const reconciled: Telling = all(
  tells('/v1/office/reconciliations', { items: [RECONCILED] }),
  tells('/v1/office/reconciliations/{channel}/{day}', RECONCILED),
  tells('/v1/office/reconciliations/{channel}/{day}/differences', { items: [DIFFERENCE] }),
)

const ALERT: Schemas['AlertWithEvidenceView'] = {
  alert_id: `alr_${ID}`, order_id: ORDER_ID, customer_id: `cus_${ID}`, state: 'OPEN', severity: 'HIGH', rules: ['MANY_CARDS'], held: [], frozen_cards: [],
  raised_at: THEN, due_at: SOON, owner: '', decided_by: '', reason: '', evidence: { cards: 6, day: DAY },
}
export const alert: Telling = all(tells('/v1/office/alerts', { items: [ALERT] }), tells('/v1/office/alerts/{alert_id}', ALERT))

const WITHDRAWAL: Schemas['WithdrawalView'] = {
  withdrawal_id: `wdr_${ID}`, distributor_id: `dst_${ID}`, amount_fen: 123_456_789, state: 'REVIEW_1', approvals_needed: 2, fee_bps: 60, tax_method: 'PER_PAYMENT',
  requested_at: THEN, split: { net_fen: 122_716_048, tax_fen: 0, fee_fen: 740_741 }, history: [{ step: 'SUBMIT', actor: `cus_${ID}`, at: THEN, reason: '' }],
}
export const withdrawal: Telling = tells('/v1/withdrawals/{withdrawal_id}', WITHDRAWAL)

const CHALLENGE: Schemas['ChallengeView'] = {
  challenge: 'challenge', operation: 'WITHDRAWAL', payee_name_masked: '春***', bank: 'Demo Bank', payee_shown: '2001', amount_fen: 10_000, expires_at: SOON,
}
const PREVIEW: Schemas['PreviewView'] = {
  available_fen: 123_456_789, pending_fen: 0, minimum_fen: 100, maximum_fen: 5_000_000, left_today: 3, left_this_month: 9, fee_bps: 60, tax_method: 'PER_PAYMENT',
  approvals: [{ amount_fen_max: 1_000, approvals: 1 }, { approvals: 2 }], arrives_by: '2026-12-03', missing: [],
  worked: { amount_fen: 10_000, approvals_needed: 2, split: { net_fen: 9_940, tax_fen: 0, fee_fen: 60 }, refused: [] },
}
export const mayWithdraw: Telling = all(
  tells('/v1/withdrawals/preview', PREVIEW),
  tells('/v1/me/challenges/withdrawal', CHALLENGE, 'POST'),
)
export const payeeAsked: Telling = tells('/v1/me/challenges/payee', { ...CHALLENGE, operation: 'PAYEE' }, 'POST')

/** A draft of what is in force: its rules are the API's own. */
export const planDraft: Telling = all(
  answers('GET', '/v1/office/plans/{plan_id}/draft', async (route) => {
    const plans = await route.fetch({ url: new URL('/v1/office/plans', route.request().url()).href })
    const { items } = (await plans.json()) as { items: { plan: Schemas['PlanDraftView']['plan'] }[] }
    const json: Schemas['PlanDraftView'] = {
      plan_id: 'pln_next', request_id: `apr_${ID}`, plan_hash: '', requested_by: `cus_${ID}`, requested_at: THEN, expires_at: SOON, state: 'WAITING',
      plan: items[0]?.plan ?? {}, follows: 'pln_at_once', differences: [{ what: 'rate', name: 'sku_virtual_200', how: 'CHANGED', old: 120, new: 150 }], simulated: true,
    }
    await route.fulfill({ json })
  }),
  refuses('/v1/office/plans/{plan_id}/simulation', 'SIMULATION_UNKNOWN', 404, { method: 'GET' }),
)

export const refundPreview: Telling = all(
  ...['/v1/orders', '/v1/office/orders'].map((orders) =>
    tells(`${orders}/{order_id}/refund-preview`, { refund_fen: 100_000, withdrawn_by_card: {} } satisfies Schemas['RefundPreview']),
  ),
)

export const noticeDue: Telling = changes<Schemas['SessionView']>('/v1/sessions/refresh', (told) => ({ ...told, notice_due: true }), 'POST')
export const sessionEnds: Telling = changes<Schemas['SessionView']>(
  '/v1/sessions/refresh', (told) => ({ ...told, refresh_expires_at: new Date(Date.now() + 100_000).toISOString() }), 'POST',
)
export const mayClose: Telling = tells('/v1/me/closing', { closes_at: null, obstacles: [] } satisfies Schemas['ClosingView'])

const PICTURE = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
export const recoveryCodes: Telling = all(
  tells('/v1/me/second-factor', { uri: 'otpauth://totp/Forecourt', picture: PICTURE, expires_at: SOON } satisfies Schemas['OfferView'], 'POST'),
  tells('/v1/me/second-factor/confirmation', { recovery_codes: ['7K3M9-PQRS2', 'TV01J-D3Q8Z', '6N5W4-V3T2S'] } satisfies Schemas['RecoveryView'], 'POST'),
)
export const invited: Telling = answers('POST', '/v1/office/staff', (route) => {
  const staff: Schemas['StaffView'] = { person_id: `cus_${ID}`, phone_masked: '138****0199', roles: [], locked: false, since: THEN, grants: [] }
  const json: Schemas['InvitedView'] = { staff, code: '7K3M9PQRS2TV', expires_at: SOON }
  return route.fulfill({ status: 201, json })
})

export const staffCode: Telling = tells('/v1/office/staff/{person_id}/code', { code: '7K3M9PQRS2TV', expires_at: SOON }, 'POST')
export const moveAsked: Telling = tells('/v1/office/distributors/{distributor_id}/parent', { request_id: `apr_${ID}` }, 'POST')

/** A plastic card whose secret nobody has seen yet, and an order that nobody has paid. */
export const plasticCard: Telling = all(
  changes<Schemas['CardView']>('/v1/cards/{card_id}', (told) => ({ ...told, form: 'PHYSICAL', revealed_at: null })),
  tells('/v1/cards/{card_id}/secret', { card_number: '1000123456789012', secret: 'ABCDEF123456' } satisfies Omit<Schemas['SecretView'], 'card'>, 'POST'),
)
export const unpaidOrder: Telling = changes<Schemas['OrderView']>('/v1/orders/{order_id}', (told) => ({
  ...told, use: 'CARD_SALE', sku_id: 'sku_virtual_100', state: 'PENDING_PAY', paid_at: null, payable_fen: 9_900, face_fen: 10_000, card_ids: [], refunds: [],
  created_at: new Date().toISOString(),
}))
