/** Amounts: which ones is somebody likely to want? Their own usual ones first, where they like that. */
import type { Order } from '../reads.ts'

export const COMMON_FEN: readonly number[] = [10_000, 20_000, 30_000, 50_000, 100_000, 200_000]
const OWN_MAX = 3
const SHOWN_MAX = 6

export interface Amounts {
  own: number[]
  common: number[]
}

type Past = Pick<Order, 'use' | 'state' | 'face_fen' | 'card_ids' | 'created_at'>

/** How often each amount was topped up, and when last; what went onto this card counts for more. */
function usual(orders: readonly Past[], cardId: string): number[] {
  const weights = new Map<number, { weight: number; last: string }>()
  for (const order of orders) {
    if (order.use !== 'TOPUP' || order.state === 'CLOSED') continue
    const known = weights.get(order.face_fen) ?? { weight: 0, last: '' }
    const last = order.created_at > known.last ? order.created_at : known.last
    weights.set(order.face_fen, { weight: known.weight + (order.card_ids.includes(cardId) ? 2 : 1), last })
  }
  return [...weights]
    .sort(([, one], [, other]) => other.weight - one.weight || other.last.localeCompare(one.last))
    .map(([fen]) => fen)
}

/** `roomFen`: the most that may come onto the card, null where nobody here knows. */
export function amountsFor(orders: readonly Past[], cardId: string, roomFen: number | null, suggests: boolean): Amounts {
  const fits = (fen: number): boolean => roomFen === null || fen <= roomFen
  const own = suggests ? usual(orders, cardId).filter(fits).slice(0, OWN_MAX) : []
  const common = COMMON_FEN.filter((fen) => fits(fen) && !own.includes(fen)).slice(0, SHOWN_MAX - own.length)
  return { own, common }
}

/** The card that was topped up last, of those that may be. */
export function usualCard(orders: readonly Past[], cardIds: readonly string[]): string {
  const past = orders.find((order) => order.use === 'TOPUP' && order.card_ids.some((id) => cardIds.includes(id)))
  return past?.card_ids.find((id) => cardIds.includes(id)) ?? ''
}
