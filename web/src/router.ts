/** Places: which page stands at which path, and who may see it? Pages come when they are gone to. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'

import { accountPages, ownPages, servicePages } from './areas/account/routes.ts'
import { customerArea, customerRoutes } from './areas/customer/routes.ts'
import { distributorRoutes } from './areas/distributor/routes.ts'
import { doorRoutes } from './areas/door/routes.ts'
import { officeRoutes } from './areas/office/routes.ts'
import { homeOf, isOfOffice } from './shared/session/home.ts'
import { goOn, session } from './shared/session/session.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Whose session the page needs; none for pages that everybody sees. */
    of?: 'customer' | 'distributor' | 'office'
  }
}

export const router: Router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: () => (session.value ? homeOf(session.value.roles) : '/sign-in') },
    ...doorRoutes,
    ...customerRoutes,
    ...distributorRoutes,
    ...officeRoutes(() => router, accountPages),
    { path: '/office/security', redirect: '/office/me/security' }, // where staff are sent to set up their second factor
    { path: '/me', component: customerArea, meta: { of: 'customer' }, children: [...accountPages, ...ownPages] },
    { path: '/service', component: customerArea, meta: { of: 'customer' }, children: servicePages },
    { path: '/:rest(.*)*', component: () => import('./shared/ui/NotFound.vue') },
  ],
  scrollBehavior: (to, from, kept) => kept ?? (to.path === from.path ? false : { top: 0 }),
})

let asked = false

router.beforeEach(async (to) => {
  if (!asked) {
    asked = true
    comeAhead(to)
    try {
      await goOn()
    } catch {
      asked = false // no answer: the page says so itself, and the next one asks again
    }
  }
  return allowed(to)
})

/** The files of a page come while the session is asked about: on a bad network each way to the server counts. */
function comeAhead(to: RouteLocationNormalized): void {
  for (const part of to.matched.flatMap(({ components }) => Object.values(components ?? {}))) {
    if (typeof part === 'function') (part as () => Promise<unknown>)().catch(() => null) // who needs it hears of it
  }
}

function allowed(to: RouteLocationNormalized) {
  const of = to.meta.of
  if (to.path === '/sign-in' && session.value && !to.query['next']) return homeOf(session.value.roles)
  if (!of) return true
  if (!session.value) return { path: '/sign-in', query: { next: to.fullPath } }
  const office = isOfOffice(session.value.roles)
  if ((of === 'office') !== office) return homeOf(session.value.roles)
  return true
}

/** A reader of the screen hears of a new page by its heading. */
router.afterEach((to, from) => {
  if (to.path === from.path || !from.matched.length) return
  setTimeout(() => document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true }))
})
