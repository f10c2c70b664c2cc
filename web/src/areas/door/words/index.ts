/** The words of the door. */
import { defineWords } from '@/shared/words/words.ts'
import type { DoorWords } from './zh.ts'

export const useDoorWords = defineWords<DoorWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
