/** The words of the office's area. */
import { defineWords } from '@/shared/words/words.ts'
import type { OfficeWords } from './zh.ts'

export const useOfficeWords = defineWords<OfficeWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
