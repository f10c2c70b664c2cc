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
      { path: 'earnings/withdrawals', component: () => import('./withdrawal/WithdrawalsPage.vue') },
      { path: 'earnings/withdrawals/new', component: () => import('./withdrawal/NewWithdrawalPage.vue') },
      { path: 'earnings/withdrawals/:withdrawalId', component: () => import('./withdrawal/WithdrawalPage.vue') },
      { path: 'me/payee', component: () => import('./withdrawal/PayeePage.vue') },
      { path: 'earnings/statement', component: () => import('./earnings/StatementPage.vue') },
    ],
  },
]
