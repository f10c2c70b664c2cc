/** The pages of the office. The first step into it brings the table of its places; nobody else loads it. */
import type { RouteLocationNormalized, RouteRecordRaw, Router } from 'vue-router'

const DOOR = 'office'

async function laidOut(to: RouteLocationNormalized, router: Router) {
  const { officeRoute } = await import('./layout.ts')
  router.removeRoute(DOOR)
  router.addRoute(officeRoute)
  return { path: to.fullPath, replace: true }
}

export function officeRoutes(router: () => Router): RouteRecordRaw[] {
  const beforeEnter = (to: RouteLocationNormalized) => laidOut(to, router())
  return [{ path: '/office/:rest(.*)*', name: DOOR, meta: { of: 'office' }, beforeEnter, component: {} }]
}
