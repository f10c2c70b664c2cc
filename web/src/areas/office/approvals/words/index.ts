/** The words of the approvals. */
import { defineWords } from '@/shared/words/words.ts'
import type { ApprovalsWords } from './zh.ts'

export const useApprovalsWords = defineWords<ApprovalsWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
