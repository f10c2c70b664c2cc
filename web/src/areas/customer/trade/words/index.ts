/** The words of orders, top-ups and refunds. */
import { defineWords } from '@/shared/words/words.ts'
import type { TradeWords } from './zh.ts'

export const useTradeWords = defineWords<TradeWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
