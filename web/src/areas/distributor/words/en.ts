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
  terms: {
    title: 'Before you withdraw', bounds: 'Amount', boundsOf: (least, most) => `${least} to ${most}`, fee: 'Fee', feeOf: (rate) => `${rate} of the amount`,
    tax: 'Income tax', taxes: { NONE: 'None withheld (a company, by invoice)', PER_PAYMENT: 'Withheld as labour pay, a month together', CUMULATIVE: 'Withheld cumulatively over the year' },
    arrives: 'Arrives', arrivesBy: (day) => `By ${day}, in working days`, left: 'Left', leftOf: (today, month) => `${today} today, ${month} this month`,
    people: 'Review', review: (most, people) => (most ? `up to ${most}: ${people}` : `more: ${people}`), payee: 'Account', noPayee: 'None yet', change: 'Change', setPayee: 'Register one',
    pending: (amount) => `${amount} asked for before is not paid yet; it is taxed first.`,
  },
  missing: {
    title: 'What is missing', go: 'Do it now',
    advice: {
      KYC_REQUIRED: 'Show who you are under “Me” first, then come back.', PAYEE_MISSING: 'Register the bank account that the money goes to; a day later you can withdraw.',
      SECOND_FACTOR_MISSING: 'A withdrawal is confirmed with a second factor. Set up an authenticator under “Me” first.', INSUFFICIENT_AVAILABLE: 'Less than the smallest amount is available; wait until frozen commission is released.',
    },
  },
  amount: {
    title: 'Withdraw', label: 'Amount in yuan', hint: (least, most) => `${least} to ${most}`, all: (most) => `All of it: ${most}`, next: 'Next: check the payee',
    needed: 'Type an amount, such as 100 or 100.50', below: (least) => `At least ${least}`, above: (most) => `At most ${most} at a time`, more: (free) => `Only ${free} is available`,
    needs: (people) => `Reviewed before it is paid, by so many people: ${people}`, open: 'The outcome of a withdrawal is unknown', openAdvice: 'Ask for its outcome before you withdraw again.', toOpen: 'Go there',
    help: ['The amount leaves what is available at once; after review and payout it arrives. You can take it back until it is approved.', 'Tax and fee are taken off when it is paid, by the rules of that day.'],
  },
  split: { gross: 'Amount', tax: 'Income tax withheld', fee: 'Fee', net: 'Expected to arrive' },
  confirm: {
    title: 'Confirm the withdrawal', amount: 'Amount', payee: 'Payee', withdraw: (amount) => `Withdraw ${amount}`, bound: 'Your second factor holds for just this: another amount or payee is confirmed anew. Good for five minutes.',
    factor: 'Digits of the authenticator, or a recovery code', factorHint: 'The six digits that it shows now', passkey: 'Use a passkey',
  },
  withdrawals: { title: 'Withdrawals', another: 'Withdraw', none: 'No withdrawal yet', noneAdvice: 'As soon as the smallest amount is available, you can ask for it.', progress: 'Progress', goOn: 'Go on', drop: 'Delete' },
  progress: {
    title: 'Progress of a withdrawal', steps_: 'Progress', cancel: 'Take it back', cancelTitle: 'Take this withdrawal back?', cancelAction: (amount) => `Take ${amount} back`, cancelAbout: (amount) => `${amount} is available again at once.`,
    tooLate: 'It is approved and cannot be taken back any more.', refused: 'Why it was refused:', reason: (reason) => `Reason: ${reason}`, splitLater: (rate) => `Fee ${rate}; tax and what arrives are computed when it is paid.`,
    states: {
      SUBMITTED: 'Submitted', REVIEW_1: 'In review', REVIEW_2: 'In review', REVIEW_3: 'In review', APPROVED: 'Approved, to be paid', RISK_HOLD: 'Under inquiry', PAYING: 'Being paid', UNKNOWN: 'The bank has not answered yet',
      PAID: 'Paid', FAILED: 'Payout failed', CANCELLED: 'Taken back', REJECTED: 'Refused', RETURNED: 'Given back',
    },
    steps: {
      SUBMIT: 'Asked for', REJECT: 'Refused; the amount is available again', CANCEL: 'Taken back; the amount is available again', HOLD: 'Inquiry by risk', LIFT_HOLD: 'Inquiry ended', PAY: 'Handed to the bank', SUCCEED: 'Paid by the bank',
      FAIL: 'The bank could not pay', LOSE_ANSWER: 'No answer of the bank yet', RETURN: 'The amount is available again',
    },
    reviewers: ['finance', 'risk', 'management'], approvedBy: (who) => `Approved by ${who}`, toReview: (who) => `To be reviewed by ${who}`, toPay: 'To be paid by the bank', toArrive: 'Arrives', toLift: 'Until the inquiry ends', bankAsked: 'The bank is being asked', toPayAgain: 'Finance pays again, or gives it back',
  },
  payee: {
    title: 'Account to pay to', now: 'The account of now', none: 'None yet', since: (when) => `since ${when}`, another: 'Register or change', coolDown: 'For 24 hours after a change nothing can be withdrawn: whoever steals a sign-in does not get the money with it.',
    name: 'Holder', nameHint: 'Your own real name', bank: 'Bank', bankHint: 'With its branch', account: 'Account number', accountHint: '8 to 32 digits; spaces are welcome', accountWrong: 'Type 8 to 32 digits',
    next: 'Next: check it', confirm: 'Confirm the account', save: 'Change it', help: ['The number is kept sealed; pages show its last four digits.', 'Each change is confirmed with a second factor, and stands in the history of your account.'],
  },
}

export default en
