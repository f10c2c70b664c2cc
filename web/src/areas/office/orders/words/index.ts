/** The words of orders and refunds. */
import { defineWords } from '@/shared/words/words.ts'
import type { OrdersWords } from './zh.ts'

export const useOrdersWords = defineWords<OrdersWords>(
  () => import('./zh.ts'),
  () => import('./en.ts'),
)
