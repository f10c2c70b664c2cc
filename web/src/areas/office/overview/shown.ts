/** Which cards of the overview are shown on this device: all that one's roles may see, but those that were put away. */
import { computed, ref } from 'vue'

import { roles } from '@/shared/session/session.ts'

/** The roles that the API declares for what each card reads. */
export const CARDS = {
  queues: ['admin', 'auditor', 'finance', 'ops', 'risk', 'support'],
  money: ['admin', 'auditor', 'finance'],
  trade: ['admin', 'auditor', 'finance', 'ops'],
  risk: ['admin', 'auditor', 'risk'],
  margins: ['admin', 'auditor', 'finance'],
} as const
export type Card = keyof typeof CARDS

const KEY = 'forecourt-overview-away'
const away = ref(kept())

function kept(): Set<string> {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return new Set(Array.isArray(known) ? known.map(String) : [])
  } catch {
    return new Set()
  }
}

export function useShownCards() {
  const mine = computed(() => (Object.keys(CARDS) as Card[]).filter((card) => CARDS[card].some((role) => roles.value.has(role))))
  return {
    mine,
    shows: (card: Card): boolean => mine.value.includes(card) && !away.value.has(card),
    toggle(card: Card): void {
      const next = new Set(away.value)
      if (!next.delete(card)) next.add(card)
      away.value = next
      try {
        localStorage.setItem(KEY, JSON.stringify([...next]))
      } catch {
        // kept for this visit alone
      }
    },
  }
}
