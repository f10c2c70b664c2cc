/** The words of the ledger browser. */
import type { LedgerWords } from './zh.ts'

const en: LedgerWords = {
  title: 'Ledger',
  help: [
    'Give the number of an order, a withdrawal, a commission entry, a card, a distributor or a journal entry, and see where its money came from and where it went.',
    'In each entry debits equal credits; the parts of “came from” and those of “went to” both sum to what it moved. Follow any part until the money leaves the books or stands in a balance.',
    'The digest is what the archive proves of an entry.',
  ],
  search: 'Number',
  searchHint: 'Order ord_…, withdrawal wdr_…, card crd_…, distributor dst_…, commission cme_…, or a journal entry',
  find: 'Trace',
  begin: 'Give a number and trace any fen',
  beginAdvice: 'For instance an order’s number, copied from its page.',
  entry: 'Entry',
  at: 'When',
  by: 'By',
  reason: 'Why',
  digest: 'Digest (what the archive proves)',
  moved: 'Moved',
  legs: 'Legs',
  account: 'Account',
  debit: 'Debit',
  credit: 'Credit',
  sources: 'Came from',
  uses: 'Went to',
  sum: 'Sum',
  sumOfLoaded: 'Sum of what is loaded',
  follow: 'Follow',
  because: 'Because of',
  ledTo: 'Led to',
  related: 'Related entries',
  path: 'The way here',
  statement: 'Statement',
  ends: { RECORD: 'another entry', OUTSIDE: 'outside the books (channel, bank, oil company)', OWN: 'the platform’s own', STANDS: 'stands there now', UNTOLD: 'not told by the statement' },
  accounts: {
    'A:CHANNEL': 'Due from the channel', 'A:BANK_CUSTODY': 'Custody bank', 'A:BANK_OPER': 'Operating bank', 'A:SUPPLIER_PREPAY': 'Prepaid to oil companies', 'A:CLAWBACK': 'Commission to be paid back',
    'L:PREPAID': 'Card balance', 'L:AUTH_HOLD': 'Authorised on the card', 'L:STATION_PAYABLE': 'Payable to stations', 'L:REFUND_PAYABLE': 'Refunds payable', 'L:COMM_FROZEN': 'Frozen commission',
    'L:COMM_AVAIL': 'Available commission', 'L:WD_HOLD': 'Held for a withdrawal', 'L:TAX_IIT': 'Income tax withheld', 'I:MARGIN': 'Margin', 'I:FEE': 'Fees', 'E:PROMO': 'Promotions',
    'E:COMMISSION': 'Commission', 'E:CHANNEL_FEE': 'Channel fees', 'Q:OPENING': 'Opening',
  },
  actions: {
    SALE_ISSUER: 'Card sold (our own)', SALE_AGENT: 'Card sold (agent)', SALE_FROM_CARD: 'Bought from a card balance', TOPUP_ISSUER: 'Top-up (our own card)', TOPUP_AGENT: 'Top-up (agent)',
    PAYMENT_TO_RETURN: 'Payment to be returned', AUTHORIZE: 'Authorised', CAPTURE: 'Fuelled', REFUND: 'Refund', REFUND_TO_CARD: 'Refund onto a card', REFUND_AGENT: 'Refund (agent)',
    REFUND_PAID_OUT: 'Refund paid out', REFUND_SETTLED: 'Refund settled', REFUND_UNDONE: 'Refund undone', REPLACE_CARD: 'Balance moved to a new card', COMMISSION: 'Commission', COMMISSION_HOLD: 'Commission held',
    COMMISSION_RELEASE: 'Commission released', COMMISSION_REVERSAL: 'Commission reversed', WITHDRAWAL_REQUEST: 'Withdrawal asked for', WITHDRAWAL_RETURN: 'Withdrawal given back', WITHDRAWAL_PAID: 'Withdrawal paid',
    WITHDRAWAL_SENT_BACK: 'Withdrawal sent back by the bank', SUPPLIER_PREPAY: 'Prepaid to an oil company', CHANNEL_SETTLED: 'Channel settled', CHANNEL_COLLECTED: 'Channel collected', CHANNEL_FEE_RAISED: 'Channel fee raised',
    CHANNEL_FEE_LOWERED: 'Channel fee lowered', TAX_REMITTED: 'Tax remitted', OPENING: 'Opening balance',
  },
}

export default en
