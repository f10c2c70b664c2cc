/** Numbers of orders, and what a refund comes to. */
import { expect, test } from 'vitest'

import { channelOf, isRefundable, orderIdOf, refundedBefore, workedOut, type Order } from './orders.ts'

const ID = 'ord_HQ2J3BDX3SNX01M8PZSC2VP034FA5Q5RDEGRND'

function order(state: string, ...refunds: [string, number][]): Order {
  const told = refunds.map(([name, amount_fen]) => ({ state: name, amount_fen }))
  return { order_id: ID, state, payable_fen: 98_500, face_fen: 100_000, refunds: told } as unknown as Order
}

test.each([
  [` ${ID}\n`, ID],
  ['ord_1', null],
  ['', null],
  [ID.toLowerCase(), null],
])('%j is the order %j', (typed, id) => {
  expect(orderIdOf(typed)).toBe(id)
})

test('what was refused or failed was not given back', () => {
  expect(refundedBefore(order('PARTIALLY_REFUNDED', ['SUCCEEDED', 10_000], ['SUBMITTED', 500], ['REJECTED', 7], ['FAILED', 9]))).toBe(10_500)
})

test('a refund is told with what was paid, given back before, and is left', () => {
  expect(workedOut(order('COMPLETED', ['SUCCEEDED', 10_000]), 50_000)).toEqual({ paidFen: 98_500, beforeFen: 10_000, refundFen: 50_000, restFen: 38_500 })
})

test.each([
  ['COMPLETED', [], true],
  ['PARTIALLY_REFUNDED', [['SUCCEEDED', 98_499]], true],
  ['PARTIALLY_REFUNDED', [['SUCCEEDED', 98_500]], false],
  ['PENDING_PAY', [], false],
  ['CLOSED', [], false],
] as [string, [string, number][], boolean][])('%s with %j can give back: %s', (state, refunds, can) => {
  expect(isRefundable(order(state, ...refunds))).toBe(can)
})

test('who paid', () => {
  expect(channelOf('channel:sandbox')).toBe('sandbox')
  expect(channelOf('card:crd_1')).toBeNull()
})
