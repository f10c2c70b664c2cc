/** The words of the withdrawals. */
import { defineWords } from '@/shared/words/words.ts'
import type { WithdrawalsWords } from './zh.ts'

export const useWithdrawalsWords = defineWords<WithdrawalsWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
