/** A request is sent again when its access token was what was refused, and never for another reason. */
import { afterEach, expect, test, vi } from 'vitest'

import { answer, api, carry } from './client.ts'

const problem = (code: string) =>
  new Response(JSON.stringify({ code, title: '', status: 401, advice: '', retryable: false, facts: {} }), {
    status: 401,
    headers: { 'Content-Type': 'application/problem+json' },
  })

afterEach(() => {
  vi.unstubAllGlobals()
  carry({ token: async () => '', renewed: async () => '' })
})

test.each([
  ['TOKEN_EXPIRED', 2],
  ['SESSION_ENDED', 2],
  ['SIGN_IN_REFUSED', 1],
  ['SECOND_FACTOR_WRONG', 1],
])('%s: sent %i times', async (code, times) => {
  const sent = vi.fn(async () => problem(code))
  vi.stubGlobal('fetch', sent)
  carry({ token: async () => 'an-old-token', renewed: async () => 'a-new-token' })
  await expect(answer(api.GET('/v1/me/second-factor'))).rejects.toThrow(code)
  expect(sent).toHaveBeenCalledTimes(times)
})
