/** The words of the overview. */
import { defineWords } from '@/shared/words/words.ts'
import type { OverviewWords } from './zh.ts'

export const useOverviewWords = defineWords<OverviewWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
