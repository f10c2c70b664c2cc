/** A chart's geometry: where does each value stand, and which round numbers stand beside it? */
import { onMounted, onUnmounted, ref, type Ref } from 'vue'

import { yuan } from './money.ts'

export interface Series {
  name: string
  values: readonly number[]
}

export type Unit = 'fen' | 'count'

const TICKS = 4
/** No two numbers on an axis are nearer than these: a whole, or a yuan. */
const STEP_MIN = { count: 1, fen: 100 } as const

/** Round numbers from at or below the least to at or above the most, with nought among them. */
export function ticksOf(values: readonly number[], unit: Unit): number[] {
  const most = Math.max(0, ...values)
  const least = Math.min(0, ...values)
  const rough = (most - least) / TICKS || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(STEP_MIN[unit], [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? 1)
  const first = Math.floor(least / step)
  const last = Math.max(Math.ceil(most / step), first + 1)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}

/** Where a value stands between two ends of pixels. */
export function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = to - from || 1
  return (value) => Math.round((start + ((value - from) * (end - start)) / span) * 10) / 10
}

/** On an axis: short, for the exact number stands in the table. */
export function short(value: number, unit: Unit): string {
  if (unit === 'count') return String(value)
  const sign = value < 0 ? '−' : ''
  const whole = Math.abs(value) / 100
  if (whole >= 1_000_000) return `${sign}¥${Math.round(whole / 10_000) / 100}M`
  if (whole >= 1_000) return `${sign}¥${Math.round(whole / 10) / 100}k`
  return `${sign}¥${Math.round(whole * 100) / 100}`
}

export function exact(value: number, unit: Unit): string {
  return unit === 'fen' ? yuan(value) : String(value)
}

/** How many labels fit below the axis without touching: every so many are shown. */
export function every(count: number, width: number, each = 72): number {
  return Math.max(1, Math.ceil(count / Math.max(1, Math.floor(width / each))))
}

/** The width that an element has now; charts are drawn in its own pixels, so that their letters stay as large as all others. */
export function useWidth(element: Ref<HTMLElement | null>): Ref<number> {
  const width = ref(0)
  let observer: ResizeObserver | null = null
  onMounted(() => {
    if (!element.value) return
    width.value = element.value.clientWidth
    observer = new ResizeObserver(([entry]) => (width.value = Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element.value)
  })
  onUnmounted(() => observer?.disconnect())
  return width
}
