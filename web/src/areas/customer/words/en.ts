/** The words of the customer's area. */
import type { CustomerWords } from './zh.ts'

const en: CustomerWords = {
  places: { home: 'Home', cards: 'Cards', orders: 'Orders', service: 'Service', me: 'Me' },
  home: { title: 'Home', topUp: 'Top up', buy: 'Buy a card', available: 'Available', noCards: 'No cards yet', noCardsAdvice: 'Buy one first; it is ready within minutes.' },
  orderStates: {
    CREATED: 'Created', PENDING_PAY: 'To be paid', PAID: 'Paid', FULFILLING: 'In progress', COMPLETED: 'Completed', CLOSED: 'Closed',
    RISK_HOLD: 'Under review', REFUNDING: 'Being refunded', REFUNDED: 'Refunded', PARTIALLY_REFUNDED: 'Refunded in part',
  },
}

export default en
