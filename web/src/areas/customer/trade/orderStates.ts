/** States of an order: which group, which picture, where is the money, and what happened when? */
import type { Tone } from '@/shared/ui/StateChip.vue'
import type { TimeStep } from '@/shared/ui/TimeLine.vue'
import type { Order } from '../reads.ts'

export const GROUPS = ['all', 'toPay', 'going', 'done', 'back', 'closed'] as const
export type Group = (typeof GROUPS)[number]
export const UNPAID_MS = 15 * 60_000

const OF_STATE: Record<string, { group: Group; tone: Tone }> = {
  CREATED: { group: 'toPay', tone: 'wait' },
  PENDING_PAY: { group: 'toPay', tone: 'wait' },
  PAID: { group: 'going', tone: 'note' },
  FULFILLING: { group: 'going', tone: 'note' },
  RISK_HOLD: { group: 'going', tone: 'wait' },
  COMPLETED: { group: 'done', tone: 'good' },
  REFUNDING: { group: 'back', tone: 'note' },
  REFUNDED: { group: 'back', tone: 'good' },
  PARTIALLY_REFUNDED: { group: 'back', tone: 'note' },
  CLOSED: { group: 'closed', tone: 'over' },
}

export function groupOf(order: Pick<Order, 'state'>): Group {
  return OF_STATE[order.state]?.group ?? 'going'
}

/** An oil company that has not answered is what a customer must see first. */
export function toneOf(order: Pick<Order, 'state' | 'topup_state'>): Tone {
  if (isIssuerSilent(order)) return 'unknown'
  return OF_STATE[order.state]?.tone ?? 'note'
}

export function isIssuerSilent(order: Pick<Order, 'state' | 'topup_state'>): boolean {
  return order.topup_state === 'UNKNOWN' && groupOf(order) === 'going'
}

/** Whether it will change by itself, so that it is worth looking again. */
export function isMoving(order: Pick<Order, 'state' | 'topup_state'>): boolean {
  return ['toPay', 'going'].includes(groupOf(order)) || order.state === 'REFUNDING' || order.topup_state === 'SUCCEEDED_PENDING_LOAD'
}

export type Whereabouts =
  | 'unpaid' | 'paid' | 'held' | 'atIssuer' | 'issuerSilent' | 'delivering' | 'onNewCard' | 'onCard' | 'onIssuerCard' | 'toLoad'
  | 'comingBack' | 'back' | 'partBack' | 'nothingPaid' | 'surplusBack'

/** Where the buyer's money is now. */
export function whereabouts(order: Order): Whereabouts {
  switch (order.state) {
    case 'CREATED':
    case 'PENDING_PAY':
      return 'unpaid'
    case 'RISK_HOLD':
      return 'held'
    case 'PAID':
    case 'FULFILLING':
      if (order.topup_state === 'UNKNOWN') return 'issuerSilent'
      if (order.topup_state === 'SUBMITTED') return 'atIssuer'
      return order.state === 'PAID' ? 'paid' : 'delivering'
    case 'COMPLETED':
      return delivered(order)
    case 'REFUNDING':
      return 'comingBack'
    case 'REFUNDED':
      return 'back'
    case 'PARTIALLY_REFUNDED':
      return 'partBack'
    default:
      return order.refunds.length ? 'surplusBack' : 'nothingPaid'
  }
}

function delivered(order: Order): Whereabouts {
  if (order.use === 'CARD_SALE') return 'onNewCard'
  if (order.mode !== 'AGENT') return 'onCard'
  return order.topup_state === 'SUCCEEDED_PENDING_LOAD' ? 'toLoad' : 'onIssuerCard'
}

const WAY = ['PENDING_PAY', 'PAID', 'FULFILLING', 'COMPLETED']

/** What happened, with its times, and what is still to come; `word` names a state. */
export function stepsOf(order: Order, word: (state: string) => string): TimeStep[] {
  const steps = order.steps.filter((step, index) => step.state !== order.steps[index - 1]?.state)
  const past: TimeStep[] = steps.map((step, index) => ({
    label: word(step.state),
    at: step.at,
    place: index === steps.length - 1 && groupOf(order) !== 'done' ? 'now' : 'past',
  }))
  const reached = WAY.indexOf(order.state)
  const next = reached < 0 ? [] : WAY.slice(reached + 1)
  return [...past, ...next.map((state): TimeStep => ({ label: word(state), place: 'next' }))]
}
