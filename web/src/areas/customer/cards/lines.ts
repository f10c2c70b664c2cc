/** Lines of a statement: what was each change, and which order does it belong to? */
import type { Schemas } from '@/shared/api/client.ts'
import type { Order } from '../reads.ts'

export type Line = Schemas['chalicelib__handlers__api__cards__LineView']
export type What = 'bought' | 'topUp' | 'refunded' | 'paid' | 'credited' | 'debited' | 'held_delta' | 'stateOnly'

/** The order that a record names, also of one that is not among those that are known here. */
export function orderIdIn(line: Line): string {
  return /ord_[0-9A-Z]{38}/.exec(line.record)?.[0] ?? ''
}

/** A purchase is recorded under the order's id, or under the payment that paid it. */
export function orderOfLine(line: Line, orders: readonly Order[]): Order | undefined {
  return orders.find((order) => line.record.includes(order.order_id) || (order.payment_id !== '' && line.record.includes(order.payment_id)) || order.refunds.some((refund) => line.record.includes(refund.refund_id)))
}

export function whatOf(line: Line, order: Order | undefined): What {
  const moved = line.deltas['available_fen'] ?? 0
  if (!moved) return line.deltas['held_fen'] ? 'held_delta' : 'stateOnly'
  if (order?.refunds.some((refund) => line.record.includes(refund.refund_id))) return 'refunded'
  if (moved < 0) return order ? 'paid' : 'debited'
  if (!order) return 'credited'
  return order.use === 'TOPUP' ? 'topUp' : 'bought'
}
