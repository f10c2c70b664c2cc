/** Places: what is there in the office, where, and for which roles? One line a screen: the menu, the routes, the
 * shortcuts and the overview come from it. `roles` are those that the API declares for what the screen reads first
 * (`reads`); a test compares them with the description.
 *
 * A screen is a folder of its own with its own words; its line is
 *     { name: 'alerts', path: 'alerts/:id?', group: 'risk', letter: 'l', picture: Bell, reads: '/v1/office/alerts',
 *       roles: ['auditor', 'risk'], page: screen(useAlertsWords, () => import('./alerts/AlertsPage.vue')) }
 * and its label one word more in words/zh.ts and words/en.ts (`places`). `:id?` is the detail beside the list.
 */
import {
  BanknoteArrowDown,
  BookMarked,
  BookOpenText,
  ClipboardCheck,
  Eye,
  FileCheck2,
  Gauge,
  HandCoins,
  Inbox,
  Network,
  PackagePlus,
  Percent,
  Scale,
  ShieldAlert,
  ShoppingCart,
  SlidersHorizontal,
  Tag,
  UserCog,
  UserSearch,
} from '@lucide/vue'
import type { Component } from 'vue'

import { useAlertsWords } from './alerts/words/index.ts'
import { useApprovalsWords } from './approvals/words/index.ts'
import { useArchiveWords } from './archive/words/index.ts'
import { useBooksWords } from './books/words/index.ts'
import { useChecksWords } from './checks/words/index.ts'
import { useDistributionWords } from './distribution/words/index.ts'
import { useLedgerWords } from './ledger/words/index.ts'
import { useOverviewWords } from './overview/words/index.ts'
import { usePeopleWords } from './people/words/index.ts'
import { usePlansWords } from './plans/words/index.ts'
import { ROLES, type Role } from './roles.ts'
import { useSystemWords } from './system/words/index.ts'
import { useWithdrawalsWords } from './withdrawals/words/index.ts'
import { useOrdersWords } from './orders/words/index.ts'
import { useCardsWords } from './cards/words/index.ts'
import type { OfficeWords } from './words/zh.ts'

export const GROUPS = ['work', 'cards', 'orders', 'people', 'distribution', 'finance', 'risk', 'system'] as const
export type Group = (typeof GROUPS)[number]

export type { Role }

type Loaded = Promise<{ default: Component }>

export interface OfficePlace {
  name: keyof OfficeWords['places']
  /** Below /office. */
  path: string
  group: Group
  /** Of `g` and this letter. */
  letter?: string
  picture: Component
  reads: `/v1/${string}` | null
  roles: readonly Role[]
  /** Roles that may read one by its id, but not the list. */
  also?: readonly Role[]
  page: () => Loaded
}

type Words = { ready(): Promise<void> }

/** The page together with its words, and with those of other screens that it says, too. */
function screen(words: Words | readonly Words[], page: () => Loaded): () => Loaded {
  const all = 'ready' in words ? [words] : words
  return async () => (await Promise.all([page(), ...all.map((one) => one.ready())]))[0]
}

export const PLACES: readonly OfficePlace[] = [
  { name: 'overview', path: '', group: 'work', letter: 'h', picture: Gauge, reads: null, roles: ROLES, page: screen(useOverviewWords, () => import('./overview/OverviewPage.vue')) },
  { name: 'approvals', path: 'approvals/:id?', group: 'work', letter: 'a', picture: Inbox, reads: '/v1/office/approvals', roles: ['admin', 'auditor', 'finance', 'ops', 'risk'], also: ['support'], page: screen([useApprovalsWords, useSystemWords, usePlansWords], () => import('./approvals/ApprovalsPage.vue')) },
  { name: 'products', path: 'products/:id?', group: 'cards', letter: 'p', picture: Tag, reads: '/v1/office/products', roles: ['admin', 'auditor', 'finance', 'ops'], page: screen(useCardsWords, () => import('./cards/ProductsPage.vue')) },
  { name: 'batches', path: 'batches/:id?', group: 'cards', letter: 'b', picture: PackagePlus, reads: '/v1/office/batches', roles: ['auditor', 'finance', 'ops'], page: screen(useCardsWords, () => import('./cards/BatchesPage.vue')) },
  { name: 'orders', path: 'orders/:id?', group: 'orders', letter: 'o', picture: ShoppingCart, reads: '/v1/office/orders', roles: ROLES, page: screen(useOrdersWords, () => import('./orders/OrdersPage.vue')) },
  { name: 'refunds', path: 'refunds/:id?', group: 'orders', letter: 'm', picture: HandCoins, reads: '/v1/office/refunds', roles: ['auditor', 'finance', 'support'], page: screen(useOrdersWords, () => import('./orders/RefundsPage.vue')) },
  { name: 'people', path: 'people/:id?', group: 'people', letter: 'c', picture: UserSearch, reads: '/v1/office/people/{person_id}', roles: ['admin', 'auditor', 'finance', 'risk', 'support'], page: screen(usePeopleWords, () => import('./people/PeoplePage.vue')) },
  { name: 'distribution', path: 'distribution/:id?', group: 'distribution', letter: 't', picture: Network, reads: '/v1/office/trees', roles: ['admin', 'auditor', 'finance', 'ops', 'risk', 'support'], page: screen(useDistributionWords, () => import('./distribution/DistributionPage.vue')) },
  { name: 'plans', path: 'plans/:id?', group: 'distribution', letter: 'n', picture: Percent, reads: '/v1/office/plans', roles: ['admin', 'auditor', 'finance', 'ops', 'risk'], page: screen(usePlansWords, () => import('./plans/PlansPage.vue')) },
  { name: 'withdrawals', path: 'withdrawals/:id?', group: 'finance', letter: 'w', picture: BanknoteArrowDown, reads: '/v1/office/withdrawals', roles: ['admin', 'auditor', 'finance', 'risk'], page: screen(useWithdrawalsWords, () => import('./withdrawals/WithdrawalsPage.vue')) },
  { name: 'reconciliation', path: 'reconciliation/:id?', group: 'finance', letter: 'r', picture: Scale, reads: '/v1/office/reconciliations', roles: ['auditor', 'finance'], page: screen(useChecksWords, () => import('./checks/ReconciliationPage.vue')) },
  { name: 'findings', path: 'findings/:id?', group: 'finance', letter: 'f', picture: ClipboardCheck, reads: '/v1/office/findings', roles: ['auditor', 'finance', 'risk'], page: screen(useChecksWords, () => import('./checks/FindingsPage.vue')) },
  { name: 'ledger', path: 'ledger', group: 'finance', letter: 'e', picture: BookOpenText, reads: '/v1/office/ledger/entry', roles: ['auditor', 'finance', 'risk'], page: screen(useLedgerWords, () => import('./ledger/LedgerPage.vue')) },
  { name: 'books', path: 'books', group: 'finance', letter: 'k', picture: BookMarked, reads: '/v1/office/platform-balances', roles: ['auditor', 'finance'], page: screen({ ready: () => Promise.all([useBooksWords.ready(), useLedgerWords.ready()]).then(() => undefined) }, () => import('./books/BooksPage.vue')) },
  { name: 'alerts', path: 'alerts/:id?', group: 'risk', letter: 'x', picture: ShieldAlert, reads: '/v1/office/alerts', roles: ['auditor', 'risk'], page: screen(useAlertsWords, () => import('./alerts/AlertsPage.vue')) },
  { name: 'parameters', path: 'parameters', group: 'system', letter: 'v', picture: SlidersHorizontal, reads: '/v1/office/parameters', roles: ['admin', 'auditor', 'finance', 'ops', 'risk'], page: screen(useSystemWords, () => import('./system/ParametersPage.vue')) },
  { name: 'staff', path: 'staff/:id?', group: 'system', letter: 's', picture: UserCog, reads: '/v1/office/staff', roles: ['admin', 'auditor'], page: screen(useSystemWords, () => import('./system/StaffPage.vue')) },
  { name: 'reads', path: 'reads', group: 'system', letter: 'y', picture: Eye, reads: '/v1/office/read-audit', roles: ['auditor'], page: screen(useSystemWords, () => import('./system/ReadsPage.vue')) },
  { name: 'archive', path: 'archive', group: 'system', letter: 'z', picture: FileCheck2, reads: '/v1/office/archive', roles: ['auditor', 'finance', 'risk'], page: screen(useArchiveWords, () => import('./archive/ArchivePage.vue')) },
]

export function addressOf(place: OfficePlace): string {
  return `/office/${place.path.replace(/\/?:.*$/, '')}`.replace(/\/$/, '')
}

export function placesFor(roles: ReadonlySet<string>): readonly OfficePlace[] {
  return PLACES.filter((place) => place.roles.some((role) => roles.has(role)))
}
