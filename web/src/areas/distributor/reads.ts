/** What several pages of the distributor read, each under one key. */
import { answer, api } from '@/shared/api/client.ts'
import { useRead } from '@/shared/reads.ts'
import { useDistributorWords } from './words/index.ts'

export const useBalance = () => useRead(['distributor', 'balance'], () => answer(api.GET('/v1/distributors/me/balance')))
export const usePlace = () => useRead(['distributor', 'place'], () => answer(api.GET('/v1/distributors/me')))
export const useRules = () => useRead(['distributor', 'rules'], () => answer(api.GET('/v1/distributors/me/rules')))
const useProducts = () => useRead(['products'], () => answer(api.GET('/v1/products')))

/** How a product is called; a word in its place where it is no longer sold, and a dash until it is known. */
export function useProductName(): (sku: string) => string {
  const products = useProducts()
  const words = useDistributorWords()
  return (sku) => {
    const sold = products.data.value?.items
    return sold ? (sold.find((one) => one.sku_id === sku)?.title ?? words.value.notSold) : '—'
  }
}
