/** The words of the overview. */
import type { OverviewWords } from './zh.ts'

const en: OverviewWords = {
  title: 'Overview',
  help: ['Each role sees the cards of its work; which of them are shown is your choice, kept on this device.', 'Beside each chart there is its table, with the exact numbers.', 'Money and trade are summed up from the archived records about once a minute; queues and risk are as of this moment.'],
  choose: 'Which cards are shown',
  cards: { queues: 'What waits', money: 'Money', trade: 'Trade', risk: 'Risk', margins: 'Margin by product' },
  places: 'Where to go',
  asOf: 'Data as of',
  uncounted: (count) => `${count} records are not counted yet`,
  nothingYet: 'No records yet',
  queue: 'Queue',
  waiting: 'Waiting',
  oldest: 'Oldest',
  more: 'or more',
  queues: {
    WITHDRAWALS: 'Withdrawals', APPROVALS: 'Approvals', REFUNDS_BY_HAND: 'Refunds by hand', ORDERS_TOPUP: 'Outcome of a top-up', ORDERS_REFUND: 'Outcome of a refund', ORDERS_CLOSURE: 'Cards to be closed', ORDERS_PAYMENT: 'Payment in doubt', ORDERS_HELD: 'Orders held by risk', ALERTS: 'Alerts', FINDINGS: 'Findings of the books', DIFFERENCES: 'Differences of channels',
  },
  customers: 'Owned by customers', prepaid: 'Free on cards', authorized: 'Held on cards', refunds: 'Refunds on their way', cover: 'There for them', custody: 'In custody', channels: 'At channels', coverage: 'Covered', operating: 'Own account', suppliers: 'Paid ahead', tax: 'Tax withheld',
  commission: 'Commission', pots: { available: 'Available', frozen: 'Not due yet', held: 'Held by risk', withdrawals: 'In withdrawals', clawback: 'Owed back' },
  turnover: 'Turnover', refunded: 'Refunded', margin: 'Margin', tradeTitle: 'Turnover, refunds and margin of 30 days', ordersTitle: 'Orders and refunds of 30 days', orders: 'Orders', refundCount: 'Refunds',
  open: 'Open', severities: 'By severity', severity: { HIGH: 'High', MEDIUM: 'Medium', LOW: 'Low' }, riskTitle: 'Open alerts by day', since: 'Oldest',
  marginsTitle: (day) => `Margin by product · ${day}`, day: 'Day', spread: 'Spread', noMargins: 'Nothing was sold on this day',
}

export default en
