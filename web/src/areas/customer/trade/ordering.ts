/** Ordering: what is sent when somebody pays or wants money back, and how is it asked about by its key alone? */
import { answer, api, keyed, type Schemas } from '@/shared/api/client.ts'
import { Refused } from '@/shared/api/problem.ts'
import { sends, type Intent } from '@/shared/outbox/intents.ts'
import type { Order } from '../reads.ts'

export type OrderWish = Schemas['PlaceOrder']
export type Placed = Schemas['PlacedView']
export interface RefundWish {
  order_id: string
  ask: Schemas['AskRefund']
}

/** So long an answer is waited for; after that its outcome is unknown. */
const PATIENCE_MS = 25_000
const patience = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) })

export const KINDS = ['order', 'refund', 'refund-request'] as const
export type Kind = (typeof KINDS)[number]

/** An order bears its buyer's own part and the key under which it was sent. */
export function orderIdOf(personId: string, key: string): string {
  return `ord_${personId.slice(4, 16)}${key}`
}

/** Null where the API knows of no such thing. */
async function ifKnown<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (trouble) {
    if (trouble instanceof Refused && trouble.problem.status === 404) return null
    throw trouble
  }
}

const orderAt = (order_id: string): Promise<Order> => answer(api.GET('/v1/orders/{order_id}', { params: { path: { order_id } } }))

sends(
  'order',
  (intent) => answer(api.POST('/v1/orders', { body: intent.body as OrderWish, params: { header: keyed(intent.key) }, ...patience() })),
  async (intent) => {
    const order = await ifKnown(orderAt(orderIdOf(intent.personId, intent.key)))
    return order && { order, pay_url: '' }
  },
)

const refundPath = (intent: Intent) => ({
  path: { order_id: (intent.body as RefundWish).order_id },
  header: keyed(intent.key),
})

sends(
  'refund',
  (intent) => answer(api.POST('/v1/orders/{order_id}/refunds', { body: (intent.body as RefundWish).ask, params: refundPath(intent), ...patience() })),
  async (intent) => {
    const order = await ifKnown(orderAt((intent.body as RefundWish).order_id))
    return order?.refunds.some((refund) => refund.refund_id === intent.key) ? order : null
  },
)

sends(
  'refund-request',
  (intent) => answer(api.POST('/v1/orders/{order_id}/refund-request', { body: (intent.body as RefundWish).ask, params: refundPath(intent), ...patience() })),
  async (intent) => {
    const { order_id } = intent.body as RefundWish
    const request = await ifKnown(answer(api.GET('/v1/orders/{order_id}/refund-request', { params: { path: { order_id } } })))
    return request?.request_id.endsWith(intent.key) ? request : null
  },
)

/** The order that an intent is about, "" while nobody knows whether there is one. */
export function orderOf(intent: Intent): string {
  if (intent.kind !== 'order') return (intent.body as RefundWish).order_id
  return intent.state === 'done' ? (intent.answer as Placed).order.order_id : ''
}

/** Where to pay what an intent has ordered, "" when nothing is left to pay, or the page has to be asked for. */
export function payPageOf(intent: Intent): string {
  const url = intent.kind === 'order' && intent.state === 'done' ? (intent.answer as Placed).pay_url : ''
  return /^https?:\/\//.test(url) ? url : ''
}
