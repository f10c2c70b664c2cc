/** The pages of the office. */
import type { RouteRecordRaw } from 'vue-router'

import { useOfficeWords } from './words/index.ts'

export const officeArea = async () => (await Promise.all([import('./OfficeArea.vue'), useOfficeWords.ready()]))[0]

export const officeRoutes: RouteRecordRaw[] = [
  {
    path: '/office',
    component: officeArea,
    meta: { of: 'office' },
    children: [{ path: '', component: () => import('./FirstPage.vue') }],
  },
]
