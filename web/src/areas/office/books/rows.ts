/** Rows: the platform's accounts with what stands on each, assets first; what is nothing is left out. */

export interface Row {
  account: string
  fen: number
}

/** Accounts on which something moves every day. */
export const DAILY: readonly string[] = ['A:CHANNEL:sandbox', 'A:BANK_CUSTODY', 'A:BANK_OPER', 'L:TAX_IIT', 'I:MARGIN', 'I:FEE', 'E:COMMISSION', 'E:PROMO']

const ORDER = 'ALIEQ'

export function rowsOf(balances: Readonly<Record<string, unknown>>): Row[] {
  return Object.entries(balances)
    .map(([account, fen]) => ({ account, fen: Number(fen) }))
    .filter(({ fen }) => fen !== 0)
    .sort((one, other) => ORDER.indexOf(one.account[0] ?? '') - ORDER.indexOf(other.account[0] ?? '') || one.account.localeCompare(other.account))
}
