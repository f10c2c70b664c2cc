/** Paying: what a top-up and buying a card have in common until the one confirmation. */
import { computed, ref } from 'vue'

import { useHint } from '@/shared/hint.ts'
import { preferences } from '@/shared/preferences.ts'
import { payersFor } from '../products.ts'
import { useCards, useOrders, type Product } from '../reads.ts'
import { useCustomerWords } from '../words/index.ts'
import { cardName } from './naming.ts'
import { usualWay } from './payment.ts'
import type { useQuote } from './quote.ts'
import { useTradeWords } from './words/index.ts'

/** `target`: the card that is topped up, which cannot pay for itself. `from`: the card that paid last time. */
export function usePaying(product: () => Product | undefined, quote: ReturnType<typeof useQuote>['quote'], from: string, target: () => string = () => '') {
  const words = useTradeWords()
  const common = useCustomerWords()
  const cards = useCards()
  const orders = useOrders()
  const hint = useHint()
  const isConfirming = ref(false)
  const chosen = ref('')

  const payers = computed(() => {
    const own = product()
    return own ? payersFor(own, cards.items.value, target()) : []
  })
  const way = computed({
    get: () => chosen.value || usualWay(from && `card:${from}`, preferences.value.suggestions ? orders.items.value : [], payers.value, quote.data.value?.payable_fen ?? 0),
    set: (wished) => (chosen.value = wished),
  })
  const wayName = computed(() => {
    const payer = payers.value.find((one) => way.value === `card:${one.card_id}`)
    return payer ? words.value.way.card(cardName(payer, common.value)) : (words.value.way.channels[way.value.slice('channel:'.length)] ?? '')
  })

  /** To the confirmation, with the price of now. */
  function confirm(): void {
    isConfirming.value = true
    void quote.refetch()
  }

  function refused(): void {
    hint.refused()
    void quote.refetch()
  }

  return { payers, way, wayName, hint, isConfirming, confirm, refused }
}
