/** A step: what may I do with a withdrawal now? The API decides anew; this only spares a button that would be refused. */
import type { Schemas } from '@/shared/api/client.ts'
import type { Tone } from '@/shared/ui/StateChip.vue'

export type Withdrawal = Schemas['WithdrawalView']
export const ACTIONS = ['approval', 'rejection', 'payout', 'return'] as const
export type Action = (typeof ACTIONS)[number]

/** Whose word a review waits for. */
const REVIEWERS: Readonly<Record<string, string>> = { REVIEW_1: 'finance', REVIEW_2: 'risk', REVIEW_3: 'admin' }

/** Who has approved it; a payout takes somebody else. */
export function approversOf({ history }: Withdrawal): string[] {
  return history.filter((one) => one.step === 'APPROVE' || one.step === 'APPROVE_LAST').map((one) => one.actor)
}

function applicantOf({ history }: Withdrawal): string {
  return history.find((one) => one.step === 'SUBMIT')?.actor ?? ''
}

export function actionsFor(withdrawal: Withdrawal, me: string, roles: ReadonlySet<string>): Action[] {
  const { state } = withdrawal
  const isInvolved = me === applicantOf(withdrawal) || approversOf(withdrawal).includes(me)
  const reviewer = REVIEWERS[state]
  if (reviewer) return roles.has(reviewer) && !isInvolved ? ['approval', 'rejection'] : []
  if (state === 'RISK_HOLD') return roles.has('risk') && me !== applicantOf(withdrawal) ? ['rejection'] : []
  if (!roles.has('finance')) return []
  if (state === 'APPROVED' || state === 'FAILED') return isInvolved ? ['return'] : ['payout', 'return']
  return state === 'PAID' ? ['return'] : []
}

/** Why the next step is somebody else's, if I am the reason: I asked for it, or I have approved it. */
export function barredBy(withdrawal: Withdrawal, me: string): 'mine' | 'agreed' | 'approvedByMe' | null {
  const waits = withdrawal.state in REVIEWERS
  const isPaidNext = withdrawal.state === 'APPROVED' || withdrawal.state === 'FAILED'
  if (!waits && !isPaidNext) return null
  if (me === applicantOf(withdrawal)) return 'mine'
  if (!approversOf(withdrawal).includes(me)) return null
  return waits ? 'agreed' : 'approvedByMe'
}

export function toneOf(state: string): Tone {
  if (state === 'PAID') return 'good'
  if (state === 'FAILED' || state === 'REJECTED') return 'bad'
  if (state === 'UNKNOWN') return 'unknown'
  return state === 'CANCELLED' || state === 'RETURNED' ? 'over' : 'wait'
}
