/** The customer's pages. */
import type { RouteRecordRaw } from 'vue-router'

import { useCustomerWords } from './words/index.ts'

export const customerArea = async () => (await Promise.all([import('./CustomerArea.vue'), useCustomerWords.ready()]))[0]

export const customerRoutes: RouteRecordRaw[] = [
  {
    path: '/home',
    component: customerArea,
    meta: { of: 'customer' },
    children: [{ path: '', component: () => import('./HomePage.vue') }],
  },
]
