/** What proves a person is asked for when the API asks for it, and goes with the same call. */
import { expect, test, vi } from 'vitest'

import { Refused, type Problem } from '../api/problem.ts'
import { useFactor } from './factor.ts'

const refused = (code: string, facts = {}) => new Refused({ code, title: '', status: 401, advice: '', retryable: false, facts } as unknown as Problem)

test('before the first second factor the password is asked for', async () => {
  const factor = useFactor()
  const send = vi.fn().mockRejectedValueOnce(refused('PROOF_REQUIRED', { by: ['password', 'code'] })).mockResolvedValueOnce('offer')
  const going = factor.with(send)
  await vi.waitFor(() => expect(factor.askedToProve.value?.byCode).toBe(true))
  factor.askedToProve.value?.done({ password: 'vier rote ampeln' })
  expect(await going).toBe('offer')
  expect(send.mock.calls).toEqual([[{}], [{ password: 'vier rote ampeln' }]])
  expect(factor.askedToProve.value).toBeNull()
})

test('staff are offered no code', async () => {
  const factor = useFactor()
  const going = factor.with(() => Promise.reject(refused('PROOF_REQUIRED', { by: ['password'] }))).catch((trouble: unknown) => trouble)
  await vi.waitFor(() => expect(factor.askedToProve.value?.byCode).toBe(false))
  factor.askedToProve.value?.done(null)
  expect(await going).toMatchObject({ code: 'PROOF_REQUIRED' })
})

test('one that is on is shown', async () => {
  const factor = useFactor()
  const send = vi.fn().mockRejectedValueOnce(refused('SECOND_FACTOR_REQUIRED')).mockResolvedValueOnce('offer')
  const going = factor.with(send)
  await vi.waitFor(() => expect(factor.asked.value).not.toBeNull())
  factor.asked.value?.done('123456')
  expect(await going).toBe('offer')
  expect(send).toHaveBeenLastCalledWith({ second_factor: '123456' })
})
