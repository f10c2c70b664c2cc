/** The pages of the distributor, and the one where a customer becomes one. */
import type { RouteRecordRaw } from 'vue-router'

import { roles } from '@/shared/session/session.ts'

type Name = keyof (typeof import('./pages.ts'))['pages']

const APPLY = '/distributor/apply'
const page = (name: Name) => async (): Promise<object> => (await import('./pages.ts')).pages[name]()

export const distributorRoutes: RouteRecordRaw[] = [
  { path: APPLY, component: page('applying'), meta: { of: 'customer' }, children: [{ path: '', component: page('apply') }] },
  {
    path: '/distributor',
    component: page('area'),
    meta: { of: 'distributor' },
    beforeEnter: () => roles.value.has('distributor') || APPLY,
    children: [
      { path: '', component: page('first') },
      { path: 'earnings', component: page('earnings'), children: [{ path: ':entryId(cme_[^/]+)', component: page('explanation') }] },
      { path: 'earnings/statement', component: page('statement') },
      { path: 'earnings/rules', component: page('rules') },
      { path: 'earnings/withdrawals', component: page('withdrawals') },
      { path: 'earnings/withdrawals/new', component: page('newWithdrawal') },
      { path: 'earnings/withdrawals/:withdrawalId', component: page('withdrawal') },
      { path: 'customers', component: page('customers') },
      { path: 'promote', component: page('promote') },
      { path: 'me', component: page('me') },
      { path: 'me/payee', component: page('payee') },
    ],
  },
]
