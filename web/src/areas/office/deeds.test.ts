/** Deeds of the office: sent under the key of their wish, found again when the answer was lost, and no secret kept. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { findIntent, intend, sendIntent, show, wipe } from '@/shared/outbox/intents.ts'
import { shownOnce } from './deeds.ts'
import './staffDeeds.ts'

vi.stubGlobal('navigator', { ...navigator, locks: { request: async (_: string, __: unknown, work: (lock: unknown) => Promise<unknown>) => work({}) } })

const ME = 'cus_7K3M9PQRS2TV'
interface Asked {
  method: string
  path: string
  key: string | null
  body: unknown
}
let asked: Asked[] = []
/** What the API says to each request: its path begins with the name. */
let says: Record<string, unknown> = {}

vi.stubGlobal('fetch', async (request: Request) => {
  const { pathname } = new URL(request.url)
  const body: unknown = request.method === 'POST' ? await request.json() : null
  asked.push({ method: request.method, path: pathname, key: request.headers.get('Idempotency-Key'), body })
  const told = says[`${request.method} ${pathname}`]
  if (told === undefined) throw new TypeError('no network')
  return Response.json(told)
})

async function wish(kind: string, body: object) {
  return intend({ personId: ME, kind, body, amountFen: 0, about: 'x' })
}

beforeEach(async () => {
  asked = []
  says = {}
  shownOnce.value = ''
  await show(ME)
  await wipe(ME)
})

const CARD = { id: 'crd_1', person: 'cus_2', reason: 'stolen' }

describe('a deed whose answer was lost', () => {
  it('is unknown, and is found by reading the thing', async () => {
    const { key } = await wish('office.card.freeze', CARD)
    expect((await sendIntent(key)).state).toBe('unknown')

    says = { 'GET /v1/office/people/cus_2': { cards: [{ card_id: 'crd_1', state: 'ACTIVE' }] } }
    expect((await findIntent(key)).state).toBe('unknown')

    says = { 'GET /v1/office/people/cus_2': { cards: [{ card_id: 'crd_1', state: 'FROZEN' }] } }
    expect((await findIntent(key)).state).toBe('done')
    expect(asked.filter((one) => one.method === 'POST')).toHaveLength(1)
  })

  it('is sent again under the same key and body alone', async () => {
    const { key } = await wish('office.card.freeze', CARD)
    await sendIntent(key)
    says = { 'POST /v1/office/cards/crd_1/freeze': {} }
    expect((await sendIntent(key)).state).toBe('done')
    expect(asked).toEqual(Array(2).fill({ method: 'POST', path: '/v1/office/cards/crd_1/freeze', key, body: { reason: 'stolen' } }))
  })

  it('is another person’s when somebody else decided on the alert', async () => {
    const { key } = await wish('office.verdict', { id: 'a1', verdict: 'FRAUD', reason: 'same device' })
    await sendIntent(key)
    says = { 'GET /v1/office/alerts/a1': { state: 'CONFIRMED', decided_by: 'cus_other' } }
    expect((await findIntent(key)).state).toBe('unknown')
    says = { 'GET /v1/office/alerts/a1': { state: 'CONFIRMED', decided_by: ME } }
    expect((await findIntent(key)).state).toBe('done')
  })

  it.each([
    ['office.parameter', { id: 'risk.topup_count', reason: '', value: 6, effective_at: '2026-12-01T00:00:00+08:00', region: '' }, 'prm_'],
    ['office.plan.draft', { id: 'p1', reason: '', plan: { plan_id: 'p1' } }, 'pln_'],
    ['office.staff.unlock', { id: 'cus_2', reason: 'it was me' }, 'ulk_'],
    ['office.staff.lostFactor', { id: 'cus_2', reason: 'seen at the desk' }, 'fct_'],
    ['office.person.lostFactor', { id: 'cus_2', reason: 'seen by video' }, 'fct_'],
  ])('%s is the request that has its key', async (kind, body, prefix) => {
    const { key } = await wish(kind, body)
    await sendIntent(key)
    says = { [`GET /v1/office/approvals/${prefix}${key}`]: { request_id: prefix + key } }
    expect((await findIntent(key)).state).toBe('done')
  })
})

describe('what is shown once', () => {
  it('is kept nowhere: the code of an invitation', async () => {
    says = { 'POST /v1/office/staff': { person_id: 'cus_3', code: 'SECRET-CODE' } }
    const invited = { roles: ['ops'], ends_at: '2027-01-01T00:00:00+08:00', senior: false, reason: 'new' }
    const { key } = await wish('office.staff.invite', { id: '', reason: 'new', asked: invited, phone: '13800000000' })
    const done = await sendIntent(key)
    expect(shownOnce.value).toBe('SECRET-CODE')
    expect(JSON.stringify(done)).not.toContain('SECRET-CODE')
  })

  it('is kept nowhere: a customer’s number', async () => {
    says = { 'POST /v1/office/people/cus_2/unmasking': { phone: '13812345678', name: '张三' } }
    const { key } = await wish('office.unmasking', { id: 'cus_2', ticket: 'T-1', reason: 'call back' })
    const done = await sendIntent(key)
    expect(done.state).toBe('done')
    expect(JSON.stringify(done)).not.toContain('13812345678')
  })
})
