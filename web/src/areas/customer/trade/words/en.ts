/** The words of orders, top-ups and refunds. */
import type { TradeWords } from './zh.ts'

const en: TradeWords = {
  steps: {
    title: 'First steps', skip: 'Skip this', place: (now, all) => `Step ${now} of ${all}`,
    buy: { title: 'Get a card first', text: 'What it is worth is on it; what you do not use can come back.' },
    topUp: { title: 'Try a top-up', text: 'Choose an amount, confirm, pay: three taps. Your usual amounts are remembered.' },
    safety: { title: 'Know how to protect it', text: 'If it is lost, freeze it, then report it: nothing of its balance goes.', action: 'My cards' },
  },
  ways: {
    title: 'More to do here', demo: 'Demonstration, no money', display: 'Text size and care mode', topUp: 'Top up a card', orders: 'Orders and refunds', bind: 'Add a card I have', loss: 'Freeze or report loss',
    security: 'Protect my account', data: 'My data and consents', later: (count) => `${count} more come up when they are of use; skip the first steps to see all now.`,
  },
  topUp: {
    title: 'Top up', card: 'Card', amount: 'Amount', usual: 'My usual amounts', common: 'Other amounts', custom: 'Another amount',
    customHint: 'At least ¥1.00', room: (amount) => `This card takes ${amount} more (a limit of the law)`, tooMuch: (amount) => `At most ${amount}`,
    tooLittle: 'At least ¥1.00', chooseAmount: 'Choose or type an amount', none: 'No card that can be topped up', noneAdvice: 'Buy an electronic card first; then top it up whenever you like.',
    next: (amount) => `Continue, ${amount} to pay`, choose: 'Continue', confirmTitle: 'Confirm the top-up', arrives: 'Arrives', atOnce: 'At once when you have paid',
    byIssuer: 'The oil company credits it, mostly within minutes', help: 'Three things: choose an amount, confirm, pay. What counts is what you confirm; the price is asked afresh, and if it changed you hear of it first.',
    hint: 'Not sure how much? Begin with a little: what you do not use can come back. If you cannot pay, choose another way to pay, or contact support.',
  },
  buy: {
    title: 'Buy a card', product: 'Card', named: 'Named cards', namedText: 'In your name: can be reported lost and replaced, holds up to ¥5,000.00, needs your real name.',
    bearer: 'Bearer cards', bearerText: 'In nobody’s name: whoever holds it may use it. It cannot be reported lost, and holds up to ¥1,000.00.', physical: 'A plastic card comes out of stock; it is activated with the secret on it.',
    virtual: 'An electronic card is made when you pay, and used right under “Cards”.', face: 'Worth', price: 'Price', quantity: 'How many', confirmTitle: 'Confirm the purchase',
    none: 'No cards are on sale', next: (amount) => `Continue, ${amount} to pay`, help: 'What the price is below the worth is your discount. What you do not use can come back; the rule stands beside the pay button.',
    saved: (amount) => `${amount} off`, group: (kind) => kind,
  },
  name: {
    title: 'Your real name is needed', text: 'For named cards, and for many bearer cards in a day, the law asks for name and identity number. They are kept encrypted and used to check who you are.',
    name: 'Name', number: 'Identity number', numberHint: '18 characters; the last one may be X', send: 'Confirm my name', done: 'Your name is confirmed; go on with your order',
  },
  sheet: {
    pay: (amount) => `Pay ${amount}`, what: 'For', credited: 'Credited', payable: 'You pay', saved: 'Discount', payee: 'Payee',
    payeeName: 'Forecourt', way: 'Paid by', quantity: 'How many', each: (count) => `× ${count}`, toPage: 'The pay page opens next', again: 'Confirm the new price',
    changed: (amount) => `The price is ${amount} now. Nothing was ordered or charged. Please confirm the new price.`, pricing: 'Asking for the price…',
    draft: 'You are offline; this is kept as a draft. You confirm it again when you are back.', notice: 'Read and accept the new notice', sameWarning: 'The same order has an unknown outcome: ask for it first.',
  },
  way: { title: 'Pay by', channels: { sandbox: 'Payment channel (sandbox)' }, channelHint: 'Opens the pay page; no real money in the sandbox', card: (name) => `Balance of ${name}`, short: 'balance too low' },
  rule: {
    title: 'Refund rule', short: 'What is not used can come back: what you paid, less what you used.',
    text: 'If you ask for it, you get what you paid less what you used, counted at the price before the discount, and never more than is left on the card. If we are the reason, what you used is counted at the discount. The money goes back the way it came. A top-up that an oil company has credited cannot come back through us.',
  },
  intents: {
    title: 'To be confirmed', kinds: { order: 'Order', refund: 'Refund', 'refund-request': 'Refund request' }, ask: 'Ask for the outcome', continue: 'Go on',
    forget: 'Delete the draft', found: 'Found: it went through', open: 'Show the order', close: 'All right', madeAt: (when) => `Made ${when}`,
    draftAdvice: 'Not sent, and never sent by itself. The price is asked afresh when you go on.', rejectedAdvice: 'Nothing was ordered or charged.', sendingAdvice: 'Waiting for an answer; please do not do it again.',
  },
  orders: {
    title: 'Orders', groups: { all: 'All', toPay: 'To pay', going: 'In progress', done: 'Completed', back: 'Refunds', closed: 'Closed' },
    filter: 'Show by state', empty: 'No orders yet', emptyAdvice: 'After a top-up or a purchase each step and its time stand here.', emptyGroup: 'No orders of this kind', emptySoFar: 'None of this kind among those loaded; there are more to load.', choose: 'Choose an order to see it', list: 'List of orders',
    help: '“Outcome unknown” means that somebody has not answered us yet. We keep asking, and nothing is charged twice meanwhile.',
  },
  order: {
    title: (use) => use, where: 'Where the money is', history: 'What happened', facts: 'About this order', placed: 'Placed', paid: 'Paid', card: 'Card', region: 'Region',
    payNow: 'Pay now', check: 'I have paid, look again', checked: 'No payment has come yet. It mostly takes a few seconds.', cancel: 'Cancel the order', cancelTitle: 'Cancel this order?', cancelText: 'It is not paid yet: it is closed and nothing is charged.',
    fromCard: 'Pay from a card instead', again: 'Order again', refund: 'Refund', support: 'Contact support', showCard: 'Show the card', refunds: 'Refunds', payUntil: (when) => `Pay until ${when}; after that it is closed`,
    topUp: 'At the oil company', fromCardTitle: 'Pay from a card', refundAmount: 'Goes back', byChannel: (name) => name, byCard: 'Card balance',
    request: 'Refund request', requestStates: { WAITING: 'Waiting for approval', APPROVED: 'Approved', REFUSED: 'Refused', EXPIRED: 'Expired' }, requestUntil: (when) => `Answered until ${when}`,
    help: 'Each step of the order with its time. If something is wrong, the number of our support stands at the end.',
  },
  where: {
    unpaid: 'Still with you: nothing is paid yet.', paid: 'We have your payment and are working on it.', held: 'We have your payment; somebody looks at it. It goes on after that, or back the way it came.',
    atIssuer: 'Handed to the oil company, which has yet to answer.', issuerSilent: 'Handed to the oil company, but no answer came. We keep asking and never send it twice. You see the outcome here; if it failed, the money goes back.',
    delivering: 'It is being credited.', onNewCard: 'On your new card.', onCard: 'On the card, ready to use.', onIssuerCard: 'On the card’s account at the oil company.',
    toLoad: 'At the oil company: load it onto the card at a station.', comingBack: 'On its way back to you.', back: 'Back with you.', partBack: 'A part is back with you, the rest is on the card.',
    nothingPaid: 'No payment came, nothing was charged.', surplusBack: 'What was paid too much goes back to you, or has.',
  },
  topUpStates: {
    SUBMITTED: 'Handed over', UNKNOWN: 'Outcome unknown, we are asking', SUCCEEDED: 'Credited', SUCCEEDED_PENDING_LOAD: 'To be loaded', LOADED: 'Loaded', FAILED: 'Failed',
  },
  refundStates: {
    REQUESTED: 'The oil company is asked', APPROVED: 'Approved', SUBMITTED: 'With the channel', UNKNOWN: 'Outcome unknown, we are asking', SUCCEEDED: 'Back with you', FAILED: 'Failed at the channel, tried again', MANUAL: 'In a person’s hands', REJECTED: 'The oil company said no',
  },
  support: {
    tell: 'Tell them the order number', questions: 'Common questions',
  },
  refund: {
    title: 'Refund', gives: 'You get back', leaves: 'Leaves the card', to: 'Goes to', toChannel: 'The channel you paid by', toCard: (name) => name, which: 'Which cards', all: 'All',
    part: 'Only a part', whole: 'All that can come back', amount: 'Amount', tooMuch: (amount) => `At most ${amount}`, next: 'Continue', confirmTitle: 'Confirm the refund', action: (amount) => `Refund ${amount}`,
    reason: 'Reason', reasonHint: 'For whoever approves it, such as “sold the car”', ask: 'Ask for approval', asked: 'Sent; you hear within a week', approval: 'So much needs an approval. Somebody answers within a week; then it goes back by the same rule.',
    none: 'Nothing can come back', reasonTitle: 'Ask for approval', closes: 'A card that is empty then is closed.', help: 'You see first how much comes back and from which card; nothing is sent before you confirm. One refund is never done twice.', card: (last4) => `ending in ${last4}`,
  },
}

export default en
