/** What a screen shows of what it read. */
import { beforeEach, describe, expect, it } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'

import { Unreached } from './api/problem.ts'
import { changed, forgetReads, usePages, useRead } from './reads.ts'

let scope: EffectScope
beforeEach(() => {
  scope?.stop()
  scope = effectScope()
  forgetReads()
})

const inScope = <T>(work: () => T): T => scope.run(work) as T
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  await nextTick()
}

describe('a read', () => {
  it('is asked once by two who look at once', async () => {
    let asked = 0
    const ask = async () => (asked += 1)
    const [one, other] = inScope(() => [useRead(['a'], ask), useRead(['a'], ask)] as const)
    expect(one.isPending.value).toBe(true)
    await settled()
    expect([one.data.value, other.data.value, asked]).toEqual([1, 1, 1])
  })

  it('that got no answer is asked once more, and keeps what was known when that fails, too', async () => {
    const answers: (() => Promise<string>)[] = [
      async () => 'known',
      async () => Promise.reject(new Unreached()),
      async () => Promise.reject(new Unreached()),
    ]
    const read = inScope(() => useRead(['a'], () => (answers.shift() as () => Promise<string>)()))
    await settled()
    await read.refetch()
    expect(read.data.value).toBe('known')
    expect(read.error.value).toBeInstanceOf(Unreached)
    expect(answers).toEqual([])
  })

  it('follows its key', async () => {
    const id = ref('one')
    const read = inScope(() => useRead(() => ['order', id.value], async () => id.value))
    await settled()
    id.value = 'other'
    await settled()
    expect(read.data.value).toBe('other')
  })

  it('is asked anew when what it shows has changed, and only then', async () => {
    let orders = 0
    let ordersOfOther = 0
    const read = inScope(() => useRead(['orders', 7], async () => (orders += 1)))
    inScope(() => useRead(['ordersOfOther'], async () => (ordersOfOther += 1)))
    await settled()
    await changed(['orders'])
    expect([read.data.value, orders, ordersOfOther]).toEqual([2, 2, 1])
  })

  it('does not show the answer to a question of before a change', async () => {
    const answers: ((told: string) => void)[] = []
    const read = inScope(() => useRead(['a'], () => new Promise<string>((done) => answers.push(done))))
    const again = changed(['a'])
    answers[1]?.('new')
    await again
    answers[0]?.('old')
    await settled()
    expect(read.data.value).toBe('new')
  })
})

describe('a list', () => {
  it('grows page by page, and begins anew with a change', async () => {
    const ask = async (cursor: string | undefined) =>
      cursor ? { items: [3], next: null } : { items: [1, 2], next: 'more' }
    const list = inScope(() => usePages(['list'], ask))
    await settled()
    expect(list.hasNextPage.value).toBe(true)
    await list.fetchNextPage()
    expect(list.items.value).toEqual([1, 2, 3])
    expect(list.hasNextPage.value).toBe(false)
    await changed(['list'])
    await settled()
    expect(list.items.value).toEqual([1, 2])
  })

  it('keeps its pages when the next one does not come', async () => {
    let broken = true
    const ask = async (cursor: string | undefined) => {
      if (cursor && broken) throw new Unreached()
      return cursor ? { items: [2] } : { items: [1], next: 'more' }
    }
    const list = inScope(() => usePages(['list'], ask))
    await settled()
    await list.fetchNextPage()
    expect([list.items.value, list.error.value]).toEqual([[1], expect.any(Unreached)])
    broken = false
    await list.fetchNextPage()
    expect([list.items.value, list.error.value]).toEqual([[1, 2], null])
  })
})
