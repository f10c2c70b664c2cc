/** The words of the alerts. */
import type { AlertsWords } from './zh.ts'

const en: AlertsWords = {
  title: 'Alerts',
  help: [
    'The suspicious orders and buyers of a business day: which rules struck, what is held, and until when somebody has to look.',
    'Fraud: an order that is not delivered goes back to its payer. No fraud: everything that was held goes on. The first verdict counts.',
    'The evidence is all that the decision was made from, with thresholds and versions of rules: it can be made again.',
  ],
  day: 'Business day',
  nothing: 'No alerts on this day',
  nothingAdvice: 'Try another day; new ones appear by themselves.',
  alert: 'Alert',
  state: 'State',
  severity: 'Severity',
  rules: 'Rules that struck',
  held: 'Held',
  due: 'Due',
  raised: 'Raised',
  owner: 'Owner',
  order: 'Order',
  customer: 'Customer',
  decidedBy: 'Decided by',
  reason: 'Reason',
  evidence: 'Evidence',
  decide: 'Give a verdict',
  overdue: 'overdue',
  states: { OPEN: 'Open', CLEARED: 'No fraud', CONFIRMED: 'Fraud' },
  severities: { LOW: 'Low', MEDIUM: 'Medium', HIGH: 'High' },
  holds: { GOODS: 'goods', COMMISSION: 'commission', CARDS: 'cards' },
  ruleNames: { VELOCITY_COUNT: 'Many top-ups in a short time', VELOCITY_SUM: 'Much topped up in a short time', MANY_CARDS: 'Many cards of one person', SELF_PURCHASE: 'Buys from oneself', STRUCTURING: 'A large sum in parts', SELF_REFERRAL: 'Recruits oneself' },
  verdicts: {
    FRAUD: { label: 'Fraud', about: 'An order that is not delivered goes back to its payer; held commission is not paid.' },
    NO_FRAUD: { label: 'No fraud', about: 'Goods, commission and cards all go on.' },
  },
  confirm: 'Decide',
}

export default en
