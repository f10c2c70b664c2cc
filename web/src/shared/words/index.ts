/** The words that all areas share. */
import { defineWords } from './words.ts'
import type { Words } from './zh.ts'

export { speak } from './words.ts'
export const useWords = defineWords<Words>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
