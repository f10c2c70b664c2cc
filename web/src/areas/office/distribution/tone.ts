/** Tone: how does the state of a place look? */
import type { Tone } from '@/shared/ui/StateChip.vue'

const TONES: Record<string, Tone> = { APPLIED: 'wait', ACTIVE: 'good', SUSPENDED: 'bad', TERMINATED: 'over' }

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'note'
}
