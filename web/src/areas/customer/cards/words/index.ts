/** The words of the cards' pages. */
import { defineWords } from '@/shared/words/words.ts'
import type { CardWords } from './zh.ts'

export const useCardWords = defineWords<CardWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
