/** A quote: what would this cost now? */
import { computed, onScopeDispose, ref, watch } from 'vue'

import { answer, api } from '@/shared/api/client.ts'
import { useRead } from '@/shared/reads.ts'

interface Asked {
  sku: string
  quantity: number
  amountFen: number
}

const PAUSE_MS = 250

/** `isFresh` while nothing is being asked; while somebody types, nothing is. Without a network the last known price
 * stays: an order says which price was seen, and is refused at another one. */
export function useQuote(wished: () => Asked | null) {
  const asked = ref<Asked | null>(wished())
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(wished, (now) => {
    clearTimeout(timer)
    if (JSON.stringify(now) === JSON.stringify(asked.value)) return
    timer = setTimeout(() => (asked.value = now), asked.value ? PAUSE_MS : 0)
  })
  onScopeDispose(() => clearTimeout(timer))
  const quote = useRead(
    () => ['quotes', asked.value?.sku ?? '', asked.value?.quantity ?? 0, asked.value?.amountFen ?? 0],
    () => {
      const { sku, quantity, amountFen } = asked.value as Asked
      const query = { quantity, ...(amountFen ? { amount_fen: amountFen } : {}) }
      return answer(api.GET('/v1/products/{sku_id}/quote', { params: { path: { sku_id: sku }, query } }))
    },
    { enabled: () => asked.value !== null },
  )
  const isSettled = computed(() => JSON.stringify(wished()) === JSON.stringify(asked.value))
  return { quote, isFresh: computed(() => isSettled.value && !quote.isFetching.value) }
}
