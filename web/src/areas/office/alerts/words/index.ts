/** The words of the alerts. */
import { defineWords } from '@/shared/words/words.ts'
import type { AlertsWords } from './zh.ts'

export const useAlertsWords = defineWords<AlertsWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
