/** The words of the archive. */
import { defineWords } from '@/shared/words/words.ts'
import type { ArchiveWords } from './zh.ts'

export const useArchiveWords = defineWords<ArchiveWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
