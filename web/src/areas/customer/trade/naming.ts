/** Names: what is an order, a card or a product called in words? */
import type { AnyCard } from '../products.ts'
import { issuerName } from '../products.ts'
import type { Order, Product } from '../reads.ts'
import type { CustomerWords } from '../words/zh.ts'
import { isIssuerSilent } from './orderStates.ts'

export function orderTitle(order: Pick<Order, 'use' | 'issuer' | 'quantity'>, words: CustomerWords): string {
  const title = `${issuerName(order.issuer)} ${words.uses[order.use] ?? ''}`
  return order.quantity > 1 ? `${title} × ${order.quantity}` : title
}

export function stateWord(order: Pick<Order, 'state' | 'topup_state'>, words: CustomerWords): string {
  return isIssuerSilent(order) ? words.issuerSilent : (words.orderStates[order.state] ?? order.state)
}

export function cardName(card: Pick<AnyCard, 'issuer' | 'kind' | 'form' | 'last4'>, words: CustomerWords): string {
  return `${productName(card, words)} ${words.ending(card.last4)}`
}

export function productName(one: Pick<Product, 'issuer' | 'kind' | 'form'>, words: CustomerWords): string {
  return words.cardName(issuerName(one.issuer), words.kinds[one.kind] ?? '', words.forms[one.form] ?? '')
}
