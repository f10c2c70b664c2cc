/** The words of the distributors’ tree. */
import { defineWords } from '@/shared/words/words.ts'
import type { DistributionWords } from './zh.ts'

export const useDistributionWords = defineWords<DistributionWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
