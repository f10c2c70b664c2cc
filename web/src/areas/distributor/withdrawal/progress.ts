/** Progress: what happened to a withdrawal, what does it wait for, and what is still to come? */
import type { Tone } from '@/shared/ui/StateChip.vue'
import type { TimeStep } from '@/shared/ui/TimeLine.vue'
import type { DistributorWords } from '../words/zh.ts'
import type { Withdrawal } from './sending.ts'

type Words = DistributorWords['progress']
type Told = Pick<Withdrawal, 'state' | 'approvals_needed' | 'history'>

const REVIEWING = ['SUBMITTED', 'REVIEW_1', 'REVIEW_2', 'REVIEW_3']
const APPROVING = ['APPROVE', 'APPROVE_LAST']
/** Steps between machines, which say nothing to whoever waits. */
const UNTOLD = ['OPEN_REVIEW']

const TONES: Record<string, Tone> = {
  APPROVED: 'wait', RISK_HOLD: 'wait', PAYING: 'wait', UNKNOWN: 'unknown', PAID: 'good', FAILED: 'bad',
  CANCELLED: 'over', REJECTED: 'bad', RETURNED: 'over',
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'wait'
}

export function isCancellable(state: string): boolean {
  return REVIEWING.includes(state)
}

export function isOver(state: string): boolean {
  return ['PAID', 'CANCELLED', 'REJECTED', 'RETURNED'].includes(state)
}

/** Every step with its time, then what it waits for, then what comes after that. */
export function stepsOf(withdrawal: Told, words: Words): TimeStep[] {
  let approvals = 0
  const past = withdrawal.history
    .filter(({ step }) => !UNTOLD.includes(step))
    .map(({ step, at, reason }): TimeStep => {
      if (APPROVING.includes(step)) approvals += 1
      const label = APPROVING.includes(step) ? words.approvedBy(reviewer(approvals, words)) : (words.steps[step] ?? step)
      return { label, at, place: 'past', ...(reason ? { note: words.reason(reason) } : {}) }
    })
  const [waits, ...later] = toCome(withdrawal, approvals, words)
  if (!waits) return past.map((step, index) => (index === past.length - 1 ? { ...step, place: 'now' } : step))
  return [...past, { label: waits, place: 'now' }, ...later.map((label): TimeStep => ({ label, place: 'next' }))]
}

function reviewer(number: number, words: Words): string {
  return words.reviewers[number - 1] ?? words.reviewers.at(-1) ?? ''
}

function toCome({ state, approvals_needed: needed }: Told, approvals: number, words: Words): string[] {
  const payout = [words.toPay, words.toArrive]
  if (state === 'PAYING' || state === 'UNKNOWN') return [state === 'UNKNOWN' ? words.bankAsked : words.toArrive]
  if (state === 'FAILED') return [words.toPayAgain]
  if (state === 'APPROVED') return payout
  if (state === 'RISK_HOLD') return [words.toLift, ...payout]
  if (!isCancellable(state)) return []
  const left = Array.from({ length: Math.max(0, needed - approvals) }, (_, index) => words.toReview(reviewer(approvals + index + 1, words)))
  return [...left, ...payout]
}
