/** Terms: what may I withdraw, what arrives and when, and what is missing? Asked before any amount is typed, and
 * asked again for each amount, so that what is shown is what the request would do. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'

import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { useRead } from '@/shared/reads.ts'

export type Terms = Schemas['PreviewView']
export type Worked = Schemas['WorkedView']

const PAUSE_MS = 250

const asked = (amountFen?: number): Promise<Terms> =>
  answer(api.GET('/v1/withdrawals/preview', { params: { query: amountFen === undefined ? {} : { amount_fen: amountFen } } }))

export const useTerms = () => useRead(['distributor', 'terms'], () => asked())

/** What becomes of the amount that stands in the field: null while it is not known for just this amount. */
export function useWorked(amountFen: Ref<number | null>, ask: (amountFen: number) => Promise<Pick<Terms, 'worked'>> = asked) {
  const last = ref<Worked | null>(null)
  const trouble = ref<unknown>(null)
  let timer = 0

  async function work(fen: number): Promise<void> {
    try {
      const told = (await ask(fen)).worked ?? null
      if (amountFen.value !== fen) return
      last.value = told
      trouble.value = null
    } catch (problem) {
      if (amountFen.value === fen) trouble.value = problem
    }
  }

  watch(amountFen, (fen) => {
    clearTimeout(timer)
    if (fen !== null && fen > 0) timer = window.setTimeout(() => void work(fen), PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
  const worked = computed(() => (last.value && last.value.amount_fen === amountFen.value ? last.value : null))
  return { worked, trouble }
}

/** Why this amount cannot be asked for, as far as the bounds alone say; "" when they let it pass. */
export function boundOf(amountFen: number, terms: Pick<Terms, 'minimum_fen' | 'maximum_fen' | 'available_fen'>): '' | 'below' | 'above' | 'more' {
  if (amountFen > terms.available_fen) return 'more'
  if (amountFen < terms.minimum_fen) return 'below'
  return amountFen > terms.maximum_fen ? 'above' : ''
}
