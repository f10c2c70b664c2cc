/** Tone: how do an alert's severity and state look? */
import type { Tone } from '@/shared/ui/StateChip.vue'

export function severityTone(severity: string): Tone {
  return severity === 'HIGH' ? 'bad' : severity === 'MEDIUM' ? 'wait' : 'note'
}

export function stateTone(state: string): Tone {
  return state === 'OPEN' ? 'wait' : state === 'CONFIRMED' ? 'bad' : 'good'
}
