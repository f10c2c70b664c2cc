/** The door: pages for whoever is not signed in yet. */
import type { RouteRecordRaw } from 'vue-router'

import { useDoorWords } from './words/index.ts'

const withWords = <T>(page: () => Promise<T>) => async (): Promise<T> => (await Promise.all([page(), useDoorWords.ready()]))[0]

export const doorRoutes: RouteRecordRaw[] = [
  { path: '/sign-in', component: withWords(() => import('./SignIn.vue')) },
  { path: '/join/:code', component: withWords(() => import('./JoinPage.vue')) },
  { path: '/register', component: withWords(() => import('./JoinPage.vue')) },
  { path: '/new-password', component: withWords(() => import('./NewPassword.vue')) },
]
