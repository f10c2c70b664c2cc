/** The words of commission plans. */
import { defineWords } from '@/shared/words/words.ts'
import type { PlansWords } from './zh.ts'

export const usePlansWords = defineWords<PlansWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
