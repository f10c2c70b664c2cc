/** The pages of the office. The first step into it brings the table of its places; nobody else loads it. */
import type { RouteLocationNormalized, RouteRecordRaw, Router } from 'vue-router'

const DOOR = 'office'

async function laidOut(to: RouteLocationNormalized, router: Router, own: readonly RouteRecordRaw[]) {
  const { officeRoute } = await import('./layout.ts')
  router.removeRoute(DOOR)
  router.addRoute(officeRoute(own))
  return { path: to.path, query: to.query, hash: to.hash, replace: true }
}

/** `own`: the pages of one's own account, which stand in this frame, too. */
export function officeRoutes(router: () => Router, own: readonly RouteRecordRaw[]): RouteRecordRaw[] {
  const beforeEnter = (to: RouteLocationNormalized) => laidOut(to, router(), own)
  return [{ path: '/office/:rest(.*)*', name: DOOR, meta: { of: 'office' }, beforeEnter, component: {} }]
}
