/** The customer's pages. */
import type { RouteRecordRaw } from 'vue-router'

import { useCustomerWords } from './words/index.ts'

const area = async () => (await Promise.all([import('./CustomerArea.vue'), useCustomerWords.ready()]))[0]

export const customerRoutes: RouteRecordRaw[] = [
  {
    path: '/home',
    component: area,
    meta: { of: 'customer' },
    children: [{ path: '', component: () => import('./HomePage.vue') }],
  },
]
