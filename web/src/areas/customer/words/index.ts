/** The words of the customer's area. */
import { defineWords } from '@/shared/words/words.ts'
import type { CustomerWords } from './zh.ts'

export const useCustomerWords = defineWords<CustomerWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
