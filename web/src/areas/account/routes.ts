/** One's own account: the same pages in the frame of each area. */
import type { RouteRecordRaw } from 'vue-router'

import { useAccountWords } from './words/index.ts'

const withWords = <T>(page: () => Promise<T>) => async (): Promise<T> =>
  (await Promise.all([page(), useAccountWords.ready()]))[0]

export const accountPages: RouteRecordRaw[] = [
  { path: '', component: withWords(() => import('./MePage.vue')) },
  { path: 'security', component: withWords(() => import('./SecurityPage.vue')) },
  { path: 'preferences', component: withWords(() => import('./PreferencesPage.vue')) },
]

/** Those of customers alone. */
export const ownPages: RouteRecordRaw[] = [
  { path: 'privacy', component: withWords(() => import('./PrivacyPage.vue')) },
  { path: 'real-name', component: withWords(() => import('./RealNamePage.vue')) },
]

export const servicePages: RouteRecordRaw[] = [{ path: '', component: withWords(() => import('./ServicePage.vue')) }]
