/** The words of the distributor's area. */
import type { DistributorWords } from './zh.ts'

const en: DistributorWords = {
  places: { workbench: 'Today', customers: 'Clients', promote: 'Promote', earnings: 'Earnings', me: 'Me' },
  toCustomer: 'Home',
  notSold: 'A product no longer sold',
  workbench: {
    title: 'Today', today: 'Commission of today', todayCount: (count) => (count === 1 ? '1 entry today' : `${count} entries today`), available: 'Available', withdraw: 'Withdraw',
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
    why: 'Why this amount',
    actions: { COMMISSION: 'Commission', COMMISSION_REVERSAL: 'Taken back after a refund', COMMISSION_HOLD: 'Review mark' },
    help: [
      'Frozen: commission waits after the payment until goods can no longer be returned, and is free on its day of release.',
      'Being withdrawn: you asked for it, and it is reviewed or paid.',
      'Owed back: an order was refunded after its commission had been withdrawn; it is taken from what is released next.',
    ],
  },
  why: {
    title: 'Why this amount', sale: '1. The order', rule: '2. The rule', sum: '3. The sum', cap: '4. The cap', after: '5. What became of it',
    checked: '6. The check', boughtAt: 'Paid at', paid: 'Paid', quantity: (count) => `× ${count}`, plan: 'Version of the plan',
    version: (version) => `version ${version}`, level: 'Your level',
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
    noRule: 'No rule pays your level for this line.', litres: (volume) => `${volume} l`,
    cut: (exact, kept) => `The part of ¥${exact} below one fen is dropped: ${kept}`, exactly: 'Whole fen; nothing was dropped', eachCut: 'Each product is cut to whole fen',
    limit: (limit) => `This rule pays at most ${limit} a line`, limited: 'Cut to the limit of the rule', rounding: (how) => `Rounding: ${how}`,
    noCap: 'This plan has no cap on the sum.', capSum: (base, bps) => `All levels together: at most ${bps} of the ${base}`,
    capNotReached: 'The cap is not reached; the whole amount counts', capOrder: { NEAREST_FIRST: 'Above the cap: the level nearest to the customer comes first', PRO_RATA: 'Above the cap: each level gets its share' },
    grants: 'This line gives', together: 'All lines', amount: 'Commission', reversed: 'Taken back by refunds', nothingReversed: 'No refund, nothing taken back', net: 'What it is now',
    held: 'This entry is under review and not released meanwhile.', recomputed: 'Computed again by the system', agrees: 'Three sums agree: the entry, the system’s second one, and this page’s',
    differs: 'The sums do not agree. Please ask support to look at this entry.', entry: 'Number',
  },
  statement: {
    title: 'Statement', help: 'Each line is one change of your account; it has a number and is chained to the line before, so that a missing or altered line shows. Frozen commission appears when it is released.',
    at: 'Time', what: 'What', change: 'Change', after: 'Available afterwards', version: 'No.', none: 'No change yet', noneAdvice: 'When commission is released, it appears here.',
    whats: { release: 'Commission released', request: 'Withdrawal asked for', back: 'Withdrawal given back', paid: 'Withdrawal paid', clawback: 'Taken back after a refund', state: 'A withdrawal went on; nothing moved', other: 'Other change' },
    columns: { available_fen: 'Available', held_fen: 'Being withdrawn', owed_fen: 'Owed back' },
  },
  terms: {
    title: 'Before you withdraw', bounds: 'Amount', boundsOf: (least, most) => (most ? `${least} to ${most}` : `From ${least}`), fee: 'Fee', feeOf: (rate) => `${rate} of the amount`,
    tax: 'Income tax', taxes: { NONE: 'None withheld (a company, by invoice)', PER_PAYMENT: 'Withheld as labour pay, a month together', CUMULATIVE: 'Withheld cumulatively over the year' },
    arrives: 'Arrives', arrivesBy: (day) => `By ${day}, in working days`, left: 'Left', leftOf: (today, month) => `${today} today, ${month} this month`,
    people: 'Review', review: (most, people) => `${people} ${people === 1 ? 'person' : 'people'} ${most ? `up to ${most}` : 'above'}`, payee: 'Account', noPayee: 'None yet', change: 'Change', setPayee: 'Register one',
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
  split: { gross: 'Amount', tax: 'Income tax withheld', fee: 'Fee', net: 'Expected to arrive', arrived: 'Arrived' },
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
  promote: {
    title: 'Promote', link: 'Invite link', copyLink: 'Copy the link', share: 'Share', code: 'Invite code', copyCode: 'Copy the code', qrAlt: 'QR code of the invite link', qrAbout: 'Whoever registers by it is your customer from then on.',
    shareTitle: 'Forecourt fuel cards', shareText: 'Buy and top up fuel cards online:', notActive: 'Your place is not active now, so nobody can be invited.', poster: 'Poster', layout: 'Layout',
    layouts: { middle: 'Upright, centred', band: 'Upright, band', wide: 'Wide' }, headline: 'Line', headlineHint: 'Lines are approved; they cannot be altered, and promise no earnings.',
    headlines: ['Fuel cards online, ready within minutes', 'Top up your card at a clear price', 'Your balance and orders at a glance'], brand: 'Forecourt fuel cards', scan: 'Scan, register, buy online', codeIs: (code) => `Invite code ${code}`, mark: 'Advertisement',
    posterAlt: (headline, code) => `Poster: ${headline}, invite code ${code}`, save: 'Save as a picture',
    help: ['Inviting costs nothing and pays nothing by itself: commission comes from what customers buy and top up.', 'Promise no earnings, and leave the lines of posters as they are.'],
  },
  customers: {
    title: 'Clients', mine: 'My customers', recruits: 'Distributors whom I invited', recruitsAbout: 'Only those who joined with your own code; joining itself pays nobody anything.', who: 'End of the id', since: 'Customer since', joined: 'Joined', lately: 'Last bought', none: 'No customers yet', noRecruits: 'Nobody has joined with your code yet',
    latelies: { WEEK: 'Within a week', MONTH: 'Within a month', QUARTER: 'Within three months', LONGER: 'Longer ago', NEVER: 'Not yet' },
    help: ['To protect customers you see no name, number, amount or day of a purchase.', 'The end of the id only tells rows apart.'],
  },
  rules: {
    title: 'Level rules', firm: 'What never changes', inForce: 'Rules in force', announced: (day) => `Rules from ${day}`, none: 'No plan is in force now.', from: 'In force from', tier: 'Your tier', everyTier: 'Standard', next: 'Next tier', holds: 'Frozen for', cap: 'Cap on the sum',
    holdOf: (event, days) => `${event}: ${days} d`, pays: 'Commission', where: 'For', most: 'Most a line', whose: 'For you', mine: 'Yes', others: (tier) => `Only ${tier}`, everywhere: 'Everything sold', paysNothing: 'This level pays nothing.',
    category: (name) => name, categories: { virtual: 'virtual cards', named: 'named cards', stock: 'plastic cards', topup: 'top-ups' }, region: (code) => `region code ${code}`, campaign: (name) => `campaign ${name}`, differential: (rate, base) => `${rate} of the ${base}, less the rate of the nearer level`,
    firmly: ['Two levels at most: your own customers, and those of distributors whom you invited yourself.', 'Joining is free and needs no purchase; bringing others to join pays nothing.', 'What you buy yourself earns nothing.', 'Of several rules that fit, the narrowest one counts.'],
    help: ['Commission comes from real purchases and top-ups alone.', 'Changes are announced before; an order that is paid keeps the rules of its payment.'],
  },
  me: {
    title: 'Me', place: 'My place', since: 'Since', tier: 'Tier', agreement: 'Agreement', number: 'Invite code', states: { ACTIVE: 'Active', SUSPENDED: 'Suspended', TERMINATED: 'Given up' }, changePayee: 'Change the account', setPayee: 'Register an account',
    account: 'Account and security', accountAbout: 'Number, password, second factor, privacy and display.', toAccount: 'To my account', leave: 'Give up my place', leaveAbout: 'Nothing new is earned afterwards, for ever.', leaveTitle: 'Give up your place?', leaveAction: 'Give it up for ever',
    leaveWarnings: ['Nothing new is earned, and nobody can be invited any more.', 'What you earned is released as before, and can be withdrawn.', 'It cannot be undone, and you cannot join again.'], leaveAgreed: 'I know that this cannot be undone',
  },
  apply: {
    title: 'Become a distributor', conditions: 'What it asks for', free: ['No fee, and nothing to buy first.', 'Bringing others to join pays nothing; commission comes from what customers buy and top up.', 'You show who you are.'],
    already: 'You are a distributor.', left: 'You gave up your place and cannot join again; what you earned can still be withdrawn.', who: '1. Who you are', named: 'Real name known', unnamed: 'Real name missing', nameFirst: 'Show who you are first, then come back here.', by: '2. Who invited you', codeHint: 'The twelve characters of whoever invited you, or their whole link',
    test: '3. A short test', wrong: 'Think again: this answer is wrong', wrongs: (count) => `Wrong answers: ${count}, marked above. Correct them and send it again, as often as you like.`, agreement: (version) => `Agreement, version ${version}`, agree: (version) => `I have read and accept version ${version}`, agreementSays: ['Commission follows the published plan, and each amount shows how it was computed.', 'When customers are refunded, the commission goes back, too.', 'No promises of earnings, and no altered advertisements.', 'Income tax is withheld from withdrawals, and people review them.'],
    send: 'Send the application', join: 'Accept and join', mine: 'My application', sentAt: (when) => `Sent ${when}`, lapses: (day) => `The office looks at it; without a word by ${day} it lapses, and you may apply again.`, takeBack: 'Take it back',
    states: { SUBMITTED: 'In review', APPROVED: 'Approved', REFUSED: 'Refused', WITHDRAWN: 'Taken back', LAPSED: 'Lapsed' },
  },
}

export default en
