/** What the money intents of a customer send, and how they are found by their key alone. */
import 'fake-indexeddb/auto'

import { beforeEach, describe, expect, it, vi } from 'vitest'

import { api } from '@/shared/api/client.ts'
import { findIntent, intend, intents, sendIntent, show } from '@/shared/outbox/intents.ts'
import { orderIdOf, orderOf, payPageOf } from './ordering.ts'

vi.stubGlobal('navigator', { ...navigator, locks: { request: (_: string, __: unknown, work: (lock: unknown) => unknown) => work({}) } })

const ME = 'cus_DKF5RP3HSJZV'
const ORDER = 'ord_DKF5RP3HSJZV01M8PZRWWQ1773TG8JCWJYWXQY'
const wish = { use: 'TOPUP', sku_id: 'sku_topup', quantity: 1, amount_fen: 20_000, card_id: 'crd_1', expected_fen: 19_900, payment: { method: 'CHANNEL', channel: 'sandbox' } }
const ok = (data: unknown) => ({ data, response: new Response('{}') }) as never
const unknown = { error: { code: 'ORDER_UNKNOWN', advice: '', retryable: false, status: 404 }, response: new Response('{}', { status: 404 }) } as never

const kept = (kind: string, body: unknown) => intend({ personId: ME, kind, body, amountFen: 19_900, about: '' })

beforeEach(async () => {
  vi.restoreAllMocks()
  await show(ME)
})

describe('an order', () => {
  it('is named by its buyer and its key', () => {
    expect(orderIdOf(ME, '01M8PZRWWQ1773TG8JCWJYWXQY')).toBe(ORDER)
  })

  it('is sent with its key, and leads to its pay page', async () => {
    const post = vi.spyOn(api, 'POST').mockResolvedValue(ok({ order: { order_id: ORDER }, pay_url: 'https://pay.example/1' }))
    const { key } = await kept('order', wish)
    const done = await sendIntent(key)
    expect(post).toHaveBeenCalledTimes(1)
    expect(post.mock.calls[0]).toMatchObject(['/v1/orders', { body: wish, params: { header: { 'Idempotency-Key': key } } }])
    expect([orderOf(done), payPageOf(done)]).toEqual([ORDER, 'https://pay.example/1'])
  })

  it('whose answer was lost is found by its key, and stays unknown where nobody knows of it', async () => {
    vi.spyOn(api, 'POST').mockRejectedValue(new TypeError('network'))
    const get = vi.spyOn(api, 'GET').mockResolvedValue(unknown)
    const { key } = await kept('order', wish)
    expect((await sendIntent(key)).state).toBe('unknown')
    expect((await findIntent(key)).state).toBe('unknown')
    expect(get.mock.calls[0]).toMatchObject(['/v1/orders/{order_id}', { params: { path: { order_id: orderIdOf(ME, key) } } }])
    get.mockResolvedValue(ok({ order_id: orderIdOf(ME, key) }))
    const found = await findIntent(key)
    expect([found.state, orderOf(found), payPageOf(found)]).toEqual(['done', orderIdOf(ME, key), ''])
  })

  it('opens no page but one of the web', async () => {
    vi.spyOn(api, 'POST').mockResolvedValue(ok({ order: { order_id: ORDER }, pay_url: 'javascript:alert(1)' }))
    expect(payPageOf(await sendIntent((await kept('order', wish)).key))).toBe('')
  })
})

describe('a refund', () => {
  const body = { order_id: ORDER, ask: { amount_fen: 100 } }

  it('is found by its key among the refunds of its order, and by nothing else', async () => {
    vi.spyOn(api, 'POST').mockRejectedValue(new TypeError('network'))
    const { key } = await kept('refund', body)
    await sendIntent(key)
    const get = vi.spyOn(api, 'GET').mockResolvedValue(ok({ order_id: ORDER, refunds: [{ refund_id: 'another' }] }))
    expect((await findIntent(key)).state).toBe('unknown')
    get.mockResolvedValue(ok({ order_id: ORDER, refunds: [{ refund_id: key }] }))
    expect(orderOf(await findIntent(key))).toBe(ORDER)
  })

  it('that waits for people is found by the request that bears its key', async () => {
    vi.spyOn(api, 'POST').mockRejectedValue(new TypeError('network'))
    const { key } = await kept('refund-request', body)
    await sendIntent(key)
    const get = vi.spyOn(api, 'GET').mockResolvedValue(ok({ request_id: 'apr_rfd_01M8PZRWWQ1773TG8JCWJYWXQY' }))
    expect((await findIntent(key)).state).toBe('unknown')
    get.mockResolvedValue(ok({ request_id: `apr_rfd_${key}` }))
    expect((await findIntent(key)).state).toBe('done')
    expect(intents.value.length).toBeGreaterThan(0)
  })
})
