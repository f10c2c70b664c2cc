/** What a customer reads about an order in each state. */
import { describe, expect, it } from 'vitest'

import { ORDER } from '../demo/sample.ts'
import { groupOf, isMoving, stepsOf, toneOf, whereabouts } from './orderStates.ts'

const is = (state: string, topup_state = '', more: object = {}) => ({ ...ORDER, state, topup_state, ...more })
const refund = { refund_id: 'r', state: 'SUCCEEDED', cause: 'SURPLUS', amount_fen: 1, withdrawn_fen: 0, open_fen: 0, units: 0, at: '', card_ids: [] }

describe('an order', () => {
  it.each([
    [is('PENDING_PAY'), 'toPay', 'wait', 'unpaid'],
    [is('PAID'), 'going', 'note', 'paid'],
    [is('RISK_HOLD'), 'going', 'wait', 'held'],
    [is('PAID', 'SUBMITTED'), 'going', 'note', 'atIssuer'],
    [is('FULFILLING', 'UNKNOWN'), 'going', 'unknown', 'issuerSilent'],
    [is('COMPLETED'), 'done', 'good', 'onCard'],
    [is('COMPLETED', '', { use: 'CARD_SALE' }), 'done', 'good', 'onNewCard'],
    [is('COMPLETED', 'SUCCEEDED', { mode: 'AGENT' }), 'done', 'good', 'onIssuerCard'],
    [is('COMPLETED', 'SUCCEEDED_PENDING_LOAD', { mode: 'AGENT' }), 'done', 'good', 'toLoad'],
    [is('REFUNDING'), 'back', 'note', 'comingBack'],
    [is('REFUNDED'), 'back', 'good', 'back'],
    [is('PARTIALLY_REFUNDED'), 'back', 'note', 'partBack'],
    [is('CLOSED'), 'closed', 'over', 'nothingPaid'],
    [is('CLOSED', '', { refunds: [refund] }), 'closed', 'over', 'surplusBack'],
  ])('%# stands in a group, with a picture, and says where the money is', (order, group, tone, where) => {
    expect([groupOf(order), toneOf(order), whereabouts(order)]).toEqual([group, tone, where])
  })

  it('is looked at again while it moves, and not any more when it stands', () => {
    expect(['PENDING_PAY', 'PAID', 'FULFILLING', 'REFUNDING'].every((state) => isMoving(is(state)))).toBe(true)
    expect(['COMPLETED', 'CLOSED', 'REFUNDED'].some((state) => isMoving(is(state)))).toBe(false)
  })

  it('shows what happened with its times, and what is still to come without', () => {
    const order = { ...is('PAID'), steps: ORDER.steps.slice(0, 2) }
    expect(stepsOf(order, (state) => state).map(({ label, at, place }) => [label, at ?? '', place])).toEqual([
      ['PENDING_PAY', '2026-11-02T08:30:02+08:00', 'past'],
      ['PAID', '2026-11-02T08:30:21+08:00', 'now'],
      ['FULFILLING', '', 'next'],
      ['COMPLETED', '', 'next'],
    ])
    expect(stepsOf(is('CLOSED'), (state) => state).some((step) => step.place === 'next')).toBe(false)
  })
})
