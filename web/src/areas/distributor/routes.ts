/** The pages of the distributor. */
import type { RouteRecordRaw } from 'vue-router'

import { useDistributorWords } from './words/index.ts'

const area = async () => (await Promise.all([import('./DistributorArea.vue'), useDistributorWords.ready()]))[0]

export const distributorRoutes: RouteRecordRaw[] = [
  {
    path: '/distributor',
    component: area,
    meta: { of: 'distributor' },
    children: [
      { path: '', component: () => import('./FirstPage.vue') },
      {
        path: 'earnings',
        component: () => import('./earnings/EarningsPage.vue'),
        children: [{ path: ':entryId(cme_[^/]+)', component: () => import('./earnings/ExplanationPane.vue') }],
      },
      { path: 'earnings/statement', component: () => import('./earnings/StatementPage.vue') },
    ],
  },
]
