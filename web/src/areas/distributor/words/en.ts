/** The words of the distributor's area. */
import type { DistributorWords } from './zh.ts'

const en: DistributorWords = {
  places: { workbench: 'Workbench', customers: 'Customers', promote: 'Promote', earnings: 'Earnings', me: 'Me' },
  toCustomer: 'Buy and fuel',
  workbench: {
    title: 'Workbench', today: 'Commission of today', todayCount: (count) => `${count} today`, available: 'Available', withdraw: 'Withdraw',
    waits: 'Waiting', nothingWaits: 'Nothing waits for you', next: 'Next release', nextOn: (day) => `Free on ${day}`,
    nothingFrozen: 'No commission is frozen', notices: 'Changes of the rules', noNotices: 'No change is announced', noticeFrom: (day) => `New rules from ${day}`,
    seeRules: 'See the level rules', unknown: (count) => `Withdrawals whose outcome is unknown: ${count}`, unknownAdvice: 'Ask for the outcome first; do not withdraw again.',
    inReview: (count) => `Withdrawals in progress: ${count}`, payeeMissing: 'No account to pay to yet', payeeMissingAdvice: 'A day after you register one, you can withdraw.',
    owed: 'Some commission is owed back', owedAdvice: 'Commission of refunded orders is taken from what you earn next.', invite: 'Invite customers', inviteAdvice: 'When customers register by your link and buy, your commission appears here.',
  },
  earnings: {
    title: 'Earnings', available: 'Available', frozen: 'Frozen', held: 'Being withdrawn', owed: 'Owed back', withdraw: 'Withdraw', records: 'Withdrawals',
    statement: 'Statement', rules: 'Level rules', byDay: 'By day of release', released: (day) => `Free on ${day}`, lookedInto: 'Under review; free when it ends',
    entries: 'Commission', none: 'No commission yet', noneAdvice: 'Invite customers: when they buy and have paid, your commission appears here.', promote: 'Promote',
    why: 'Why this amount', frees: 'Free on', order: 'Sold', choose: 'Choose an entry to see how it was computed.',
    actions: { COMMISSION: 'Commission', COMMISSION_REVERSAL: 'Taken back after a refund', COMMISSION_HOLD: 'Review mark' },
    help: [
      'Frozen: commission waits after the payment until goods can no longer be returned, and is free on its day of release.',
      'Being withdrawn: you asked for it, and it is reviewed or paid.',
      'Owed back: an order was refunded after its commission had been withdrawn; it is taken from what is released next.',
    ],
  },
  why: {
    title: 'Why this amount', back: 'Back to earnings', sale: '1. The order', rule: '2. The rule', sum: '3. The sum', cap: '4. The cap', after: '5. What became of it',
    checked: '6. The check', boughtAt: 'Paid at', goods: 'Sold', paid: 'Paid', quantity: (count) => `× ${count}`, plan: 'Version of the plan',
    version: (plan, version) => `${plan}, version ${version}`, level: 'Your level',
    levels: { 1: 'Level 1: the customer came by you', 2: 'Level 2: the customer came by a distributor whom you invited' },
    event: 'Event', events: { CARD_SALE: 'Sale of a card', TOPUP: 'Top-up', CONSUMPTION: 'Fuelling', ADDON: 'Extra service' },
    kinds: {
      PERCENT: (rate, base) => `${rate} of the ${base}`,
      DIFFERENTIAL: (rate, base, lower) => `${rate} of the ${base}, less the ${lower} of the level nearer to the customer`,
      FIXED_PER_ORDER: (amount) => `${amount} for each order`,
      FIXED_PER_UNIT: (amount) => `${amount} for each piece`,
      LITRES: (amount) => `${amount} a litre`,
    },
    bases: { PAID: 'amount paid', MARGIN: 'margin', LIST: 'list price', VOLUME: 'volume' },
    noRule: 'No rule pays your level for this line.', rate: 'Rate', worked: 'Computed', units: (count) => `${count} pieces`, litres: (volume) => `${volume} l`,
    cut: (exact, kept) => `The part of ¥${exact} below one fen is dropped: ${kept}`, exactly: 'Whole fen; nothing was dropped',
    limit: (limit) => `This rule pays at most ${limit} a line`, limited: 'Cut to the limit of the rule', rounding: 'Rounding',
    noCap: 'This plan has no cap on the sum.', capSum: (base, bps) => `All levels together: at most ${bps} of the ${base}`,
    capNotReached: 'The cap is not reached; the whole amount counts', capOrder: { NEAREST_FIRST: 'Above the cap: the level nearest to the customer comes first', PRO_RATA: 'Above the cap: each level gets its share' },
    grants: 'This line gives', together: 'All lines', amount: 'Commission', reversed: 'Taken back by refunds', nothingReversed: 'No refund, nothing taken back', net: 'What it is now',
    held: 'This entry is under review and not released meanwhile.', recomputed: 'Computed again by the system', agrees: 'Three sums agree: the entry, the system’s second one, and this page’s',
    differs: 'The sums do not agree. Please ask support to look at this entry.', entry: 'Number',
  },
  statement: {
    title: 'Statement', help: 'Each line is one change of your account; it has a number and is chained to the line before, so that a missing or altered line shows. Frozen commission appears when it is released.',
    at: 'Time', what: 'What', change: 'Change', after: 'Available afterwards', version: 'No.', none: 'No change yet', noneAdvice: 'When commission is released, it appears here.',
    whats: { release: 'Commission released', request: 'Withdrawal asked for', back: 'Withdrawal given back', paid: 'Withdrawal paid', clawback: 'Taken back after a refund', other: 'Other change' },
    columns: { available_fen: 'Available', held_fen: 'Being withdrawn', owed_fen: 'Owed back' },
  },
}

export default en
