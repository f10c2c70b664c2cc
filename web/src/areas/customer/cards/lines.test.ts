/** What each line of a statement is called. */
import { describe, expect, it } from 'vitest'

import { ORDER } from '../demo/sample.ts'
import { orderIdIn, orderOfLine, whatOf, type Line } from './lines.ts'

const ID = 'ord_DKF5RP3HSJZV01M8PZRWWQ1773TG8JCWJYWXQY'
const line = (record: string, available_fen = 0, more: object = {}): Line => ({ version: 1, at: '', record, state: 'ACTIVE', deltas: available_fen ? { available_fen } : {}, balances: {}, previous_hash: '', hash: '', ...more })
const refund = { refund_id: '01JREFUND', state: 'SUCCEEDED', cause: 'CUSTOMER', amount_fen: 1, withdrawn_fen: 1, open_fen: 0, units: 0, at: '', card_ids: [] }
const orders = [{ ...ORDER, order_id: ID, payment_id: 'PY1' }, { ...ORDER, order_id: 'ord_B', use: 'CARD_SALE', payment_id: 'PY2', refunds: [refund] }]

describe('a line of a statement', () => {
  it.each([
    [line('pay_sandbox_PY1/receipt', 20_000), 'topUp'],
    [line('pay_sandbox_PY2/receipt', 10_000), 'bought'],
    [line(ID, -10_000), 'paid'],
    [line('cus_1/01JREFUND', -10_000), 'refunded'],
    [line('cus_1/01JREFUND', 10_000), 'refunded'],
    [line('other', 5), 'credited'],
    [line('other', -5), 'debited'],
    [line('', 0, { deltas: { held_fen: 5 } }), 'held_delta'],
    [line(''), 'stateOnly'],
  ])('%# is called by what moved, and by its order', (one, what) => {
    expect(whatOf(one, orderOfLine(one, orders))).toBe(what)
  })

  it('leads to its order, known or not', () => {
    expect(orderIdIn(line(`cus_1/${ID}`))).toBe(ID)
    expect(orderIdIn(line('pay_sandbox_PY9/receipt'))).toBe('')
  })
})
