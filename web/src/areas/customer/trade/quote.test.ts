/** The price that is asked for is that of what stands in the form. */
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'

import { useQuote } from './quote.ts'

const asked: string[] = []

beforeEach(() => {
  vi.useFakeTimers()
  asked.length = 0
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(new URL(request.url).searchParams.get('amount_fen') ?? '')
    return Promise.resolve(Response.json({ payable_fen: 1 }))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('an amount that was changed and changed back is fresh: the one between is not asked for', async () => {
  const fen = ref(2_000)
  const scope = effectScope()
  const { isFresh } = scope.run(() => useQuote(() => ({ sku: 'sku_topup', quantity: 1, amountFen: fen.value }))) as ReturnType<typeof useQuote>
  await flushPromises()
  fen.value = 10_000
  await nextTick()
  fen.value = 2_000
  await nextTick()
  await vi.advanceTimersByTimeAsync(1_000)
  await flushPromises()
  expect(asked).toEqual(['2000'])
  expect(isFresh.value).toBe(true)
  scope.stop()
})
