/** The office as routes: made from the table of its places. */
import type { RouteRecordRaw } from 'vue-router'

import { PLACES, type Role } from './places.ts'
import { useOfficeWords } from './words/index.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Who of the office may use the page; everybody where it is not said. */
    roles?: readonly Role[]
  }
}

const area = async () => (await Promise.all([import('./OfficeArea.vue'), useOfficeWords.ready()]))[0]

export const officeRoute = (own: readonly RouteRecordRaw[]): RouteRecordRaw => ({
  path: '/office',
  component: area,
  meta: { of: 'office' },
  children: [
    ...PLACES.map(({ path, page, roles, also = [] }) => ({ path, component: page, meta: { roles: [...roles, ...also] } })),
    { path: 'me', children: [...own] },
    { path: ':rest(.*)*', component: () => import('@/shared/ui/NotFound.vue') },
  ],
})
