import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'

import { boundOf, useWorked, type Worked } from './terms.ts'

/** As the API splits: 0.6 % fee, no tax; an amount is answered when the test says so. */
function splitting() {
  const waiting: (() => void)[] = []
  const ask = (amount_fen: number): Promise<{ worked: Worked }> =>
    new Promise((resolve) => {
      const fee_fen = Math.floor((amount_fen * 60) / 10_000)
      const split = { fee_fen, tax_fen: 0, net_fen: amount_fen - fee_fen }
      waiting.push(() => resolve({ worked: { amount_fen, approvals_needed: 1, split, refused: [] } }))
    })
  return { ask, waiting }
}

describe('the split beside the amount', () => {
  const scope = effectScope()
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is of the amount that stands there, and of no amount before', async () => {
    const { ask, waiting } = splitting()
    const amount = ref<number | null>(null)
    const { worked } = scope.run(() => useWorked(amount, ask)) as ReturnType<typeof useWorked>
    amount.value = 5_000
    await nextTick()
    await vi.advanceTimersByTimeAsync(300)
    amount.value = 10_000
    await nextTick()
    await vi.advanceTimersByTimeAsync(300)
    waiting[1]?.()
    waiting[0]?.() // the answer to the first amount comes last
    await vi.advanceTimersByTimeAsync(1)
    expect(worked.value).toMatchObject({ amount_fen: 10_000, split: { fee_fen: 60, tax_fen: 0, net_fen: 9_940 } })
    amount.value = 10_001
    await nextTick()
    expect(worked.value).toBeNull()
  })

  it('is asked for once for what is typed in a row', async () => {
    const { ask, waiting } = splitting()
    const amount = ref<number | null>(null)
    scope.run(() => useWorked(amount, ask))
    for (const fen of [1, 12, 123]) {
      amount.value = fen
      await nextTick()
    }
    await vi.advanceTimersByTimeAsync(300)
    expect(waiting).toHaveLength(1)
  })
})

describe('the bounds', () => {
  const terms = { minimum_fen: 100, maximum_fen: 50_000, available_fen: 60_000 }

  it.each<[number, ReturnType<typeof boundOf>]>([
    [99, 'below'],
    [100, ''],
    [50_000, ''],
    [50_001, 'above'],
    [60_001, 'more'],
  ])('say of %d fen: "%s"', (fen, bound) => {
    expect(boundOf(fen, terms)).toBe(bound)
  })
})
