/** What is sensitive goes on after the second factor was shown; whoever leaves the dialog gets the refusal. */
import { expect, test, vi } from 'vitest'

import { Refused, type Problem } from '../api/problem.ts'
import { isLeft, useSensitive } from './useSensitive.ts'

const { sensitive, waiting } = useSensitive()
const refused = (code: string) => new Refused({ code, title: '', status: 403, advice: '', retryable: false, facts: {} } as unknown as Problem)

test('the very same work is done once more after the second factor', async () => {
  const work = vi.fn().mockRejectedValueOnce(refused('STEP_UP_REQUIRED')).mockResolvedValueOnce('done')
  const going = sensitive(work)
  await vi.waitFor(() => expect(waiting.value).not.toBeNull())
  expect(work).toHaveBeenCalledTimes(1)
  waiting.value?.shown()
  expect(await going).toBe('done')
  expect(work).toHaveBeenCalledTimes(2)
  expect(waiting.value).toBeNull()
})

test('two that ask at once wait for one dialog', async () => {
  const once = () => vi.fn().mockRejectedValueOnce(refused('STEP_UP_REQUIRED')).mockResolvedValueOnce('done')
  const both = Promise.all([sensitive(once()), sensitive(once())])
  await vi.waitFor(() => expect(waiting.value).not.toBeNull())
  waiting.value?.shown()
  expect(await both).toEqual(['done', 'done'])
})

test('who leaves the dialog has done nothing', async () => {
  const work = vi.fn().mockRejectedValue(refused('STEP_UP_REQUIRED'))
  const going = sensitive(work).catch((trouble: unknown) => trouble)
  await vi.waitFor(() => expect(waiting.value).not.toBeNull())
  waiting.value?.left()
  expect(isLeft(await going)).toBe(true)
  expect(work).toHaveBeenCalledTimes(1)
})

test('another refusal asks for nothing', async () => {
  await expect(sensitive(() => Promise.reject(refused('FOUR_EYES')))).rejects.toThrow('FOUR_EYES')
  expect(waiting.value).toBeNull()
})
