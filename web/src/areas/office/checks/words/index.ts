/** The words of reconciliations and findings. */
import { defineWords } from '@/shared/words/words.ts'
import type { ChecksWords } from './zh.ts'

export const useChecksWords = defineWords<ChecksWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
