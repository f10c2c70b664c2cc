/** Payment: by which ways may one pay, and which is meant unless somebody says otherwise? */
import type { Schemas } from '@/shared/api/client.ts'
import type { AnyCard } from '../products.ts'
import type { Order } from '../reads.ts'

export const CHANNELS = ['sandbox'] as const
const FIRST = `channel:${CHANNELS[0]}`

export function paymentOf(way: string): Schemas['PlaceOrder']['payment'] {
  const [kind, name = ''] = way.split(':')
  return kind === 'card' ? { method: 'CARD', card_id: name } : { method: 'CHANNEL', channel: name }
}

/** The way of before where it still goes, else the first channel. */
export function usualWay(wished: string, orders: readonly Pick<Order, 'payer' | 'state'>[], payers: readonly AnyCard[], payableFen: number): string {
  const goes = (way: string): boolean =>
    CHANNELS.some((channel) => way === `channel:${channel}`) ||
    payers.some((card) => way === `card:${card.card_id}` && card.available_fen >= payableFen)
  const before = orders.find((order) => order.state !== 'CLOSED')?.payer ?? ''
  return [wished, before].find((way) => way && goes(way)) ?? FIRST
}
