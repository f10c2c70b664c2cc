/** What the web says of a trouble; loaded when there is one. */
import { defineWords } from '../words/words.ts'
import type { TroubleWords } from './zh.ts'

export const useTroubleWords = defineWords<TroubleWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
