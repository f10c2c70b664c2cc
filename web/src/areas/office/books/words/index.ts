/** The words of the platform's accounts. */
import { defineWords } from '@/shared/words/words.ts'
import type { BooksWords } from './zh.ts'

export const useBooksWords = defineWords<BooksWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
