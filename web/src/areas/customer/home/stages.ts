/** Stages: how far has somebody new come, and which functions does the first page show by now? Each comes up when what
 * was done before makes it useful; nothing is closed, and whoever skips the introduction is shown all of it. */
import type { Order } from '../reads.ts'

/** What is done next at each stage. */
export const STEPS = ['buy', 'topUp', 'safety'] as const
export type Step = (typeof STEPS)[number]
/** The stage of whoever knows their way, or wants no introduction. */
export const ALL = STEPS.length
const OLD_HAND = 4

export const WAYS = [
  { name: 'demo', to: '/demo', from: 0 },
  { name: 'display', to: '/me/preferences', from: 0 },
  { name: 'topUp', to: '/top-up', from: 1 },
  { name: 'orders', to: '/orders', from: 1 },
  { name: 'bind', to: '/cards/bind', from: 1 },
  { name: 'loss', to: '/cards', from: 2 },
  { name: 'security', to: '/me/security', from: 2 },
  { name: 'data', to: '/me/privacy', from: 2 },
] as const
export type Way = (typeof WAYS)[number]

type Done = Pick<Order, 'use' | 'paid_at'>

/** `seen`: how far the introduction was seen or skipped on any device. */
export function stageOf(orders: readonly Done[], hasCard: boolean, seen: number): number {
  const paid = (use: string): boolean => orders.some((order) => order.use === use && order.paid_at)
  if (seen >= ALL || orders.length >= OLD_HAND) return ALL
  if (paid('TOPUP')) return 2
  return hasCard || paid('CARD_SALE') ? 1 : 0
}

/** Where there is a card, topping up is the first thing on the page anyhow. */
export function waysAt(stage: number, hasCard: boolean): Way[] {
  return WAYS.filter(({ name, from }) => from <= stage && !(name === 'topUp' && hasCard))
}
