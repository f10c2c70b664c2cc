/** What may be done with a withdrawal, by its state, by who asks and by who has had a hand in it. */
import { expect, test } from 'vitest'

import { actionsFor, barredBy, type Withdrawal } from './step.ts'

const AT = '2026-11-30T04:00:00Z'

function at(state: string, approvers: string[] = []): Withdrawal {
  const approved = approvers.map((actor) => ({ step: 'APPROVE', actor, at: AT, reason: '' }))
  return {
    withdrawal_id: 'wdr_1', distributor_id: 'dst_1', amount_fen: 6_000, state, approvals_needed: 2, fee_bps: 60, tax_method: 'PER_PAYMENT',
    requested_at: AT, split: null, history: [{ step: 'SUBMIT', actor: 'cus_1', at: AT, reason: '' }, ...approved],
  }
}

test.each([
  ['REVIEW_1', [], 'finance', 'stf_a', ['approval', 'rejection']],
  ['REVIEW_1', [], 'risk', 'stf_a', []],
  ['REVIEW_2', ['stf_a'], 'risk', 'stf_b', ['approval', 'rejection']],
  ['REVIEW_2', ['stf_a'], 'risk', 'stf_a', []],
  ['REVIEW_3', ['stf_a', 'stf_b'], 'admin', 'stf_c', ['approval', 'rejection']],
  ['APPROVED', ['stf_a', 'stf_b'], 'finance', 'stf_a', ['return']],
  ['APPROVED', ['stf_a', 'stf_b'], 'finance', 'stf_c', ['payout', 'return']],
  ['FAILED', ['stf_a'], 'finance', 'stf_c', ['payout', 'return']],
  ['PAID', ['stf_a'], 'finance', 'stf_c', ['return']],
  ['PAYING', ['stf_a'], 'finance', 'stf_c', []],
  ['UNKNOWN', ['stf_a'], 'finance', 'stf_c', []],
  ['RISK_HOLD', [], 'risk', 'stf_b', ['rejection']],
  ['REVIEW_1', [], 'finance', 'cus_1', []],
])('%s, approved by %j: %s %s may %j', (state, approvers, role, me, actions) => {
  expect(actionsFor(at(state, approvers), me, new Set([role]))).toEqual(actions)
})

test.each([
  ['REVIEW_1', [], 'cus_1', 'mine'],
  ['REVIEW_2', ['stf_a'], 'stf_a', 'agreed'],
  ['APPROVED', ['stf_a'], 'stf_a', 'approvedByMe'],
  ['APPROVED', ['stf_a'], 'stf_b', null],
  ['PAID', ['stf_a'], 'stf_a', null],
])('%s, approved by %j: %s is barred as %s', (state, approvers, me, barred) => {
  expect(barredBy(at(state, approvers), me)).toBe(barred)
})
