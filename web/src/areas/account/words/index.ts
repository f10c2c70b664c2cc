/** The words of one's own account. */
import { defineWords } from '@/shared/words/words.ts'
import type { AccountWords } from './zh.ts'

export const useAccountWords = defineWords<AccountWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
