/** The words of products, stock and batches. */
import { defineWords } from '@/shared/words/words.ts'
import type { CardsWords } from './zh.ts'

export const useCardsWords = defineWords<CardsWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
