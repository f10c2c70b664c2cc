/** Where the distributor's pages stand: a chunk of its own, so that no other area's first page loads the list. */
import { useDistributorWords } from './words/index.ts'

const frame = async <T>(come: () => Promise<T>): Promise<T> => (await Promise.all([come(), useDistributorWords.ready()]))[0]

export const pages = {
  area: () => frame(() => import('./DistributorArea.vue')),
  applying: () => frame(() => import('./place/ApplyFrame.vue')),
  apply: () => import('./place/ApplyPage.vue'),
  first: () => import('./FirstPage.vue'),
  earnings: () => import('./earnings/EarningsPage.vue'),
  explanation: () => import('./earnings/ExplanationPane.vue'),
  statement: () => import('./earnings/StatementPage.vue'),
  rules: () => import('./place/RulesPage.vue'),
  withdrawals: () => import('./withdrawal/WithdrawalsPage.vue'),
  newWithdrawal: () => import('./withdrawal/NewWithdrawalPage.vue'),
  withdrawal: () => import('./withdrawal/WithdrawalPage.vue'),
  customers: () => import('./customers/CustomersPage.vue'),
  promote: () => import('./promote/PromotePage.vue'),
  me: () => import('./place/MePage.vue'),
  payee: () => import('./withdrawal/PayeePage.vue'),
}
