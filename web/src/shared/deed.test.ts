/** Deeds under their keys. */
import { describe, expect, it } from 'vitest'

import { Refused, Unreached, type Problem } from './api/problem.ts'
import { useDeed } from './deed.ts'

const refusal = new Refused({ code: 'CARD_UNKNOWN', title: '', status: 404, retryable: false } as Problem)

describe('a deed', () => {
  it('is sent once however often its button is tapped', async () => {
    const keys: string[] = []
    const deed = useDeed(async (key) => keys.push(key))
    await Promise.all([deed.run(), deed.run()])
    expect(keys).toHaveLength(1)
  })

  it('keeps its key while its outcome is unknown, and gets another one when it was refused or told otherwise', async () => {
    const keys: string[] = []
    const answers = [new Unreached(), new Unreached(), refusal, null, new Unreached(), null]
    const deed = useDeed(async (key, what: string) => {
      keys.push(key)
      const trouble = answers.shift()
      if (trouble) throw trouble
      return what
    })
    expect(await deed.run('a')).toBeUndefined()
    await deed.run('a')
    await deed.run('a')
    expect(deed.trouble.value).toBe(refusal)
    expect(await deed.run('a')).toBe('a')
    await deed.run('a')
    await deed.run('b')
    const [lost, again, refused, done, next, other] = keys
    expect(again).toBe(lost)
    expect(refused).toBe(lost)
    expect(new Set([lost, done, next, other]).size).toBe(4)
  })
})
