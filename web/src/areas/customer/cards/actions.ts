/** Actions: what can its holder do with a card as it stands? */
import type { Card } from '../reads.ts'

export type Action = 'activate' | 'freeze' | 'unfreeze' | 'loss' | 'lossWithdrawal' | 'replacement' | 'reveal'
export type Ask = Exclude<Action, 'activate' | 'reveal'>

const LOSS_WITHDRAWAL_MS = 24 * 3_600_000

type Seen = Pick<Card, 'state' | 'kind' | 'mode' | 'form' | 'frozen_by' | 'revealed_at' | 'lost_at'>

export function actionsOf(card: Seen, now: number): Action[] {
  const isNamed = card.kind === 'NAMED'
  const isOwnFreeze = card.frozen_by === 'HOLDER'
  const hasSecret = card.form === 'PHYSICAL' && !card.revealed_at
  const isFresh = Boolean(card.lost_at) && now - Date.parse(card.lost_at as string) < LOSS_WITHDRAWAL_MS
  switch (card.state) {
    case 'SOLD':
      return ['activate', ...(hasSecret ? ['reveal' as const] : [])]
    case 'ACTIVE':
      return ['freeze', ...(isNamed ? ['loss' as const] : []), ...(hasSecret ? ['reveal' as const] : [])]
    case 'FROZEN':
      return [...(isOwnFreeze ? ['unfreeze' as const] : []), ...(isNamed ? ['loss' as const] : [])]
    case 'LOST':
      return [...(isFresh ? ['lossWithdrawal' as const] : []), ...(card.mode === 'ISSUER' && (!card.frozen_by || isOwnFreeze) ? ['replacement' as const] : [])]
    default:
      return []
  }
}

/** Whether somebody of the office froze it, so that only they can lift it. */
export function isFrozenByOffice(card: Pick<Card, 'state' | 'frozen_by'>): boolean {
  return card.state === 'FROZEN' && card.frozen_by !== 'HOLDER'
}
