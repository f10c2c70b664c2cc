/** Orders as the office sees them: which number is one, in which tone is a state, what does a refund come to? */
import type { Schemas } from '@/shared/api/client.ts'
import type { Tone } from '@/shared/ui/StateChip.vue'

export type Looked = Schemas['LookedAtOrderView']
export type Order = Schemas['OrderView']
export type Queue = Schemas['WaitingOrderView']['kind']
export const QUEUES: readonly Queue[] = ['TOPUP', 'REFUND', 'CLOSURE', 'PAYMENT', 'HELD']

const NUMBER = /^ord_[23456789ABCDEFGHJKMNPQRSTUVWXYZ]{12}[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** The number that was typed or pasted, or null when it is none. */
export function orderIdOf(typed: string): string | null {
  const plain = typed.trim()
  return NUMBER.test(plain) ? plain : null
}

export function toneOf(state: string): Tone {
  if (state === 'COMPLETED' || state === 'REFUNDED' || state === 'PARTIALLY_REFUNDED') return 'good'
  if (state === 'RISK_HOLD') return 'bad'
  return state === 'CLOSED' ? 'over' : 'wait'
}

export function refundTone(state: string): Tone {
  if (state === 'SUCCEEDED') return 'good'
  if (state === 'FAILED' || state === 'REJECTED' || state === 'MANUAL') return 'bad'
  return state === 'UNKNOWN' ? 'unknown' : 'wait'
}

/** What an order gave back before, or is about to: a refund that was refused gives nothing. */
export function refundedBefore({ refunds }: Order): number {
  return refunds.filter(({ state }) => state !== 'REJECTED' && state !== 'FAILED').reduce((sum, { amount_fen }) => sum + amount_fen, 0)
}

/** Whether anything of it can go back at all; how much, the API says. */
export function isRefundable(order: Order): boolean {
  return ['PAID', 'COMPLETED', 'PARTIALLY_REFUNDED'].includes(order.state) && refundedBefore(order) < order.payable_fen
}

export interface Worked {
  paidFen: number
  beforeFen: number
  refundFen: number
  /** Consumed, or kept for another time: what is left of the payment. */
  restFen: number
}

/** paid = refunded before + refunded now + the rest */
export function workedOut(order: Order, refundFen: number): Worked {
  const beforeFen = refundedBefore(order)
  return { paidFen: order.payable_fen, beforeFen, refundFen, restFen: order.payable_fen - beforeFen - refundFen }
}

/** "channel:sandbox" is a channel of that name; anything else is a card. */
export function channelOf(payer: string): string | null {
  return payer.startsWith('channel:') ? payer.slice('channel:'.length) : null
}
