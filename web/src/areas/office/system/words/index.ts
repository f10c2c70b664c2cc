/** The words of staff, parameters and the read audit. */
import { defineWords } from '@/shared/words/words.ts'
import type { SystemWords } from './zh.ts'

export const useSystemWords = defineWords<SystemWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
