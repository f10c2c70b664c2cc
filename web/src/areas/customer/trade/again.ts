/** Once more: which page is filled in as an order was? Its price is asked afresh there. */
import type { Order } from '../reads.ts'
import type { OrderWish } from './ordering.ts'

export interface Again {
  path: string
  query: Record<string, string>
}

function wayOf(card: string): Record<string, string> {
  return card ? { from: card } : {}
}

export function againOf(order: Order): Again {
  const from = order.payer.startsWith('card:') ? order.payer.slice('card:'.length) : ''
  if (order.use === 'TOPUP') {
    return { path: '/top-up', query: { card: order.card_ids[0] ?? '', amount: String(order.face_fen), ...wayOf(from) } }
  }
  return { path: '/buy', query: { sku: order.sku_id, quantity: String(order.quantity), ...wayOf(from) } }
}

/** The same for what was never sent. */
export function againOfWish(wish: OrderWish): Again {
  const from = wish.payment.method === 'CARD' ? wish.payment.card_id : ''
  if (wish.use === 'TOPUP') {
    return { path: '/top-up', query: { card: wish.card_id ?? '', amount: String(wish.amount_fen ?? 0), ...wayOf(from) } }
  }
  return { path: '/buy', query: { sku: wish.sku_id, quantity: String(wish.quantity ?? 1), ...wayOf(from) } }
}
