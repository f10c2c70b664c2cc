/** The customer's pages. */
import type { RouteRecordRaw } from 'vue-router'

import { useCardWords } from './cards/words/index.ts'
import { useTradeWords } from './trade/words/index.ts'
import { useCustomerWords } from './words/index.ts'

type Page = () => Promise<{ default: object }>

/** A page comes with its words. */
const withWords = (page: Page, ...words: (() => Promise<unknown>)[]): Page => async () =>
  (await Promise.all([page(), useCustomerWords.ready(), ...words.map((come) => come())]))[0]

const demoWords = () => import('./demo/words/index.ts').then(({ useDemoWords }) => useDemoWords.ready())

const trade = (page: Page) => withWords(page, useTradeWords.ready)
const cards = (page: Page) => withWords(page, useTradeWords.ready, useCardWords.ready)
const demo = withWords(() => import('./demo/DemoPage.vue'), useTradeWords.ready, useCardWords.ready, demoWords)

export const customerArea = withWords(() => import('./CustomerArea.vue'))

/** Each tab's pages stand under its own path, so that it alone is marked as the place where one is. */
const framed = (path: string, children: RouteRecordRaw[]): RouteRecordRaw => ({ path, component: customerArea, meta: { of: 'customer' }, children })

export const customerRoutes: RouteRecordRaw[] = [
  { path: '/demo', component: demo },
  framed('/home', [{ path: '', component: () => import('./HomePage.vue') }]),
  framed('/top-up', [{ path: '', component: trade(() => import('./trade/TopUpPage.vue')) }]),
  framed('/buy', [{ path: '', component: trade(() => import('./trade/BuyPage.vue')) }]),
  framed('/orders', [
    {
      path: '',
      component: trade(() => import('./trade/OrdersPage.vue')),
      children: [
        { path: ':id', component: trade(() => import('./trade/OrderPage.vue')) },
        { path: ':id/refund', component: trade(() => import('./trade/RefundPage.vue')) },
      ],
    },
  ]),
  framed('/cards', [
    { path: 'bind', component: cards(() => import('./cards/BindPage.vue')) },
    {
      path: '',
      component: cards(() => import('./cards/CardsPage.vue')),
      children: [
        { path: ':id', component: cards(() => import('./cards/CardPage.vue')) },
        { path: ':id/statement', component: cards(() => import('./cards/StatementPage.vue')) },
      ],
    },
  ]),
]
