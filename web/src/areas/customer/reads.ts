/** What the customer's pages read: under one key each, so that a page shows at once what another one knows. */
import type { MaybeRefOrGetter } from 'vue'

import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { changed, usePages, useRead } from '@/shared/reads.ts'

export type Order = Schemas['OrderView']
export type Holding = Schemas['HoldingView']
export type Card = Schemas['CardView']
export type Product = Schemas['ProductView']

const at = (cursor: string | undefined, limit?: number) => ({
  params: { query: { ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}) } },
})

export function useCards() {
  return usePages<Holding>(['cards'], (cursor) => answer(api.GET('/v1/cards', at(cursor))))
}

export function useOrders() {
  return usePages<Order>(['orders'], (cursor) => answer(api.GET('/v1/orders', at(cursor))))
}

export function useProducts() {
  return useRead(['products'], async () => {
    const { items } = await answer(api.GET('/v1/products', at(undefined, 100)))
    return items as Product[]
  })
}

export function useOrder(id: MaybeRefOrGetter<string>, wishes: { enabled?: MaybeRefOrGetter<boolean>; everyMs?: MaybeRefOrGetter<number> } = {}) {
  const order_id = () => (typeof id === 'function' ? id() : typeof id === 'string' ? id : id.value)
  return useRead<Order>(() => ['orders', order_id()], () => answer(api.GET('/v1/orders/{order_id}', { params: { path: { order_id: order_id() } } })), wishes)
}

/** An order, or what it bought, is another one now; the list of cards follows a moment behind. */
export async function changedTrade(): Promise<void> {
  setTimeout(() => void changed(['cards']), LATER_MS)
  await changed(['orders'], ['cards'])
}

const LATER_MS = 2_500
