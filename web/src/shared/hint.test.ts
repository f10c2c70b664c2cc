/** When help comes by itself. */
import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useHint } from './hint.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const inScope = <T>(make: () => T): T => effectScope().run(make) as T

describe('S-127 help', () => {
  it('comes with the second refusal of the same form, not with the first', () => {
    const hint = inScope(() => useHint())
    hint.refused()
    expect(hint.shown.value).toBe(false)
    hint.refused()
    expect(hint.shown.value).toBe(true)
  })

  it('comes after a long pause, which begins anew with whatever is done', () => {
    const hint = inScope(() => useHint(1_000))
    vi.advanceTimersByTime(900)
    hint.touched()
    vi.advanceTimersByTime(900)
    expect(hint.shown.value).toBe(false)
    vi.advanceTimersByTime(100)
    expect(hint.shown.value).toBe(true)
  })

  it('that was put away does not come again', () => {
    const hint = inScope(() => useHint(1_000))
    hint.over()
    hint.refused()
    hint.refused()
    vi.advanceTimersByTime(5_000)
    expect(hint.shown.value).toBe(false)
  })
})
