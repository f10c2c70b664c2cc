/** What several pages of the distributor read, each under one key. */
import { answer, api } from '@/shared/api/client.ts'
import { useRead } from '@/shared/reads.ts'

export const useBalance = () => useRead(['distributor', 'balance'], () => answer(api.GET('/v1/distributors/me/balance')))
export const usePlace = () => useRead(['distributor', 'place'], () => answer(api.GET('/v1/distributors/me')))
export const useRules = () => useRead(['distributor', 'rules'], () => answer(api.GET('/v1/distributors/me/rules')))
const useProducts = () => useRead(['products'], () => answer(api.GET('/v1/products')))

/** How a product is called; its own id where it is no longer sold. */
export function useProductName(): (sku: string) => string {
  const products = useProducts()
  return (sku) => products.data.value?.items.find((one) => one.sku_id === sku)?.title ?? sku
}
