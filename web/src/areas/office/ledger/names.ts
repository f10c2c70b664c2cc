/** Names: how is an account, or what was done, called by people? */
import type { LedgerWords } from './words/zh.ts'

/** `L:PREPAID:crd_…` is "卡余额"; whose it is stands beside. */
export function accountName(account: string, words: LedgerWords): string {
  const type = account.split(':', 2).join(':')
  return words.accounts[type] ?? type
}

export function ownerOf(account: string): string {
  return account.split(':').slice(2).join(':')
}

export function actionName(action: string, words: LedgerWords): string {
  return words.actions[action] ?? action
}

/** The account behind a card's or a distributor's id. */
export function accountOf(id: string): string {
  return id.startsWith('dst_') ? `L:COMM_AVAIL:${id}` : `L:PREPAID:${id}`
}
