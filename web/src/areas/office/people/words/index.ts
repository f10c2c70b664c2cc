/** The words of the customers’ page. */
import { defineWords } from '@/shared/words/words.ts'
import type { PeopleWords } from './zh.ts'

export const usePeopleWords = defineWords<PeopleWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
