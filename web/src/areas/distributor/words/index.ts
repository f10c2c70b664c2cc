/** The words of the distributor's area. */
import { defineWords } from '@/shared/words/words.ts'
import type { DistributorWords } from './zh.ts'

export const useDistributorWords = defineWords<DistributorWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
