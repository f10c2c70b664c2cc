/** Products: what is this card or order called, and how may a card be topped up? */
import type { Card, Holding, Order, Product } from './reads.ts'

/** States in which a card may be topped up. */
const CREDITABLE = new Set(['SOLD', 'ACTIVE', 'FROZEN'])
/** States in which a card is one no more. */
const GONE = new Set(['CLOSED', 'REPLACED', 'VOID', 'DAMAGED'])

export type AnyCard = Pick<Holding, 'card_id' | 'sku_id' | 'issuer' | 'mode' | 'kind' | 'form' | 'state' | 'last4' | 'available_fen' | 'held_fen'>

export function isGone(card: Pick<Card, 'state'>): boolean {
  return GONE.has(card.state)
}

/** Names of issuers are their own; ids of the catalogue begin small. */
export function issuerName(issuer: string): string {
  return issuer.charAt(0).toUpperCase() + issuer.slice(1)
}

/** The top-ups that fit a card, one of a free amount first. */
export function topUpsOf(card: AnyCard, products: readonly Product[]): Product[] {
  const fits = (one: Product): boolean =>
    one.use === 'TOPUP' && one.issuer === card.issuer && one.mode === card.mode && one.kind === card.kind
  return products.filter(fits).sort((one, other) => one.face_fen - other.face_fen)
}

export function canTopUp(card: AnyCard, products: readonly Product[]): boolean {
  return CREDITABLE.has(card.state) && topUpsOf(card, products).length > 0
}

/** What the law still lets onto a card; null where its balance stands with an oil company. */
export function roomOf(card: AnyCard, product: Product): number | null {
  if (card.mode !== 'ISSUER') return null
  return Math.max(0, product.balance_cap_fen - card.available_fen - card.held_fen)
}

/** The card accounts that may pay for something of this issuer. */
export function payersFor(product: Product, cards: readonly AnyCard[], target = ''): AnyCard[] {
  if (product.mode !== 'ISSUER') return []
  return cards.filter(
    (card) => card.mode === 'ISSUER' && card.state === 'ACTIVE' && card.issuer === product.issuer && card.card_id !== target,
  )
}

export function productOf(order: Pick<Order, 'sku_id'>, products: readonly Product[] | undefined): Product | undefined {
  return products?.find((one) => one.sku_id === order.sku_id)
}
