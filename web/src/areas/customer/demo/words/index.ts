/** The words of the demonstration. */
import { defineWords } from '@/shared/words/words.ts'
import type { DemoWords } from './zh.ts'

export const useDemoWords = defineWords<DemoWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
