/** The words of the customer's first page, and those that its pages share. */
import type { CustomerWords } from './zh.ts'

const en: CustomerWords = {
  places: { home: 'Home', cards: 'Cards', orders: 'Orders', service: 'Service', me: 'Me' },
  home: {
    title: 'Home', topUp: 'Top up', buy: 'Buy a card', available: 'Available', held: (amount) => `${amount} more is held at a pump`,
    cards: 'My cards', previous: 'Previous card', next: 'Next card', noCards: 'No cards yet',
    noCardsAdvice: 'An electronic card is ready minutes after you pay. A plastic card in your hand can be added here, too.',
    bind: 'Add a plastic card', again: 'Order again', lastOrder: 'Last order', allOrders: 'All orders',
  },
  kinds: { NAMED: 'Named', BEARER: 'Bearer' },
  forms: { VIRTUAL: 'electronic card', PHYSICAL: 'plastic card' },
  cardName: (issuer, kind, form) => `${issuer} ${kind.toLowerCase()} ${form}`,
  ending: (last4) => `ending in ${last4}`,
  topUpName: (issuer) => `${issuer} top-up`,
  uses: { CARD_SALE: 'new card', TOPUP: 'top-up' },
  cardStates: {
    SOLD: 'To be activated', ACTIVE: 'Ready', FROZEN: 'Frozen', LOST: 'Reported lost', REPLACED: 'Replaced', EXPIRED: 'Expired',
    REFUND_PENDING: 'Being returned', CLOSED: 'Closed', RESERVED: 'To be paid',
  },
  orderStates: {
    CREATED: 'Created', PENDING_PAY: 'To be paid', PAID: 'Paid', FULFILLING: 'In progress', COMPLETED: 'Completed', CLOSED: 'Closed',
    RISK_HOLD: 'Under review', REFUNDING: 'Being refunded', REFUNDED: 'Refunded', PARTIALLY_REFUNDED: 'Refunded in part',
  },
  issuerSilent: 'Outcome unknown, we are asking',
}

export default en
