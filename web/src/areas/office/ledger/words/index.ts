/** The words of the ledger browser. */
import { defineWords } from '@/shared/words/words.ts'
import type { LedgerWords } from './zh.ts'

export const useLedgerWords = defineWords<LedgerWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
