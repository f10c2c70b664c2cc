import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { bodyOf, followAccount, introduce, introduced, resetPreferences } from './accountPreferences.ts'
import { applyPreferences, defaults, hasDecided, preferences } from './preferences.ts'

const OF_ACCOUNT = { language: 'en', theme: 'DARK', text_size: 'LARGEST', elder_mode: true, suggestions: false, onboarding_stage: 2, version: 3 }

const FIRST = { language: 'SYSTEM', theme: 'SYSTEM', text_size: 'NORMAL', elder_mode: false, suggestions: true, onboarding_stage: 0, version: 4 }

let asked: { method: string; body: unknown }[]
let answers: (() => Response)[]

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const moved = (): Response => json({ code: 'PREFERENCES_MOVED', advice: '', retryable: false, status: 409, title: '', facts: {} }, 409)

beforeEach(async () => {
  vi.useFakeTimers()
  localStorage.clear()
  preferences.value = { ...defaults(), language: 'zh-CN' }
  asked = []
  answers = []
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push({ method: request.method, body: request.method === 'PUT' ? await request.json() : null })
    return (answers.shift() ?? (() => json(OF_ACCOUNT)))()
  })
  await followAccount('')
})

const afterPause = async (): Promise<void> => {
  await nextTick()
  await vi.advanceTimersByTimeAsync(1_000)
}

describe('the preferences of an account', () => {
  it('are those of a device that has none, and not of one that has', async () => {
    await followAccount('cus_1')
    expect(preferences.value).toMatchObject({ theme: 'dark', textScale: 200, elder: true, suggestions: false, language: 'en' })
    localStorage.setItem('forecourt-preferences', '{}')
    preferences.value = { ...defaults(), theme: 'light' }
    await followAccount('cus_1')
    expect(preferences.value.theme).toBe('light')
  })

  it('follow what is changed here, on top of the version that was read', async () => {
    localStorage.setItem('forecourt-preferences', '{}')
    await followAccount('cus_1')
    preferences.value.theme = 'dark'
    preferences.value.textScale = 125
    await afterPause()
    expect(asked.at(-1)).toEqual({ method: 'PUT', body: { language: 'zh-CN', theme: 'DARK', text_size: 'LARGE', elder_mode: false, suggestions: true, onboarding_stage: 2, version: 3 } })
  })

  it('say how far the introduction was seen, whatever another device has set meanwhile', async () => {
    expect(introduced.value).toBe(null)
    localStorage.setItem('forecourt-preferences', '{}')
    await followAccount('cus_1')
    expect(introduced.value).toBe(2)
    answers = [moved, () => json({ ...OF_ACCOUNT, version: 9 }), () => json({ ...OF_ACCOUNT, onboarding_stage: 3, version: 10 })]
    await introduce(3)
    expect(asked.at(-1)).toMatchObject({ method: 'PUT', body: { onboarding_stage: 3, version: 9 } })
    expect(introduced.value).toBe(3)
  })

  it('are put once more on top of what another device has set meanwhile', async () => {
    localStorage.setItem('forecourt-preferences', '{}')
    await followAccount('cus_1')
    answers = [moved, () => json({ ...OF_ACCOUNT, version: 9 })]
    preferences.value.elder = true
    await afterPause()
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT'])
    expect(asked.at(-1)?.body).toMatchObject({ version: 9, elder_mode: true })
  })

  it('S-135 are reset on the device and in the account, and what the account has then is not set by this device', async () => {
    applyPreferences()
    await followAccount('cus_1')
    await nextTick()
    localStorage.setItem('forecourt-columns:orders', '["state"]')
    expect([hasDecided(), preferences.value.theme]).toEqual([true, 'dark'])
    answers = [() => json(FIRST), () => json(FIRST)]
    await resetPreferences()
    await afterPause()
    expect(preferences.value).toEqual(defaults())
    expect(Object.keys(localStorage)).toEqual([])
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET'])
    preferences.value.elder = true
    await afterPause()
    expect(asked.at(-1)?.body).toMatchObject({ version: 4, elder_mode: true })
  })

  it('S-135 that the account could not reset are the device’s alone, and that is said', async () => {
    await followAccount('cus_1')
    answers = [moved, () => json(OF_ACCOUNT)]
    await expect(resetPreferences()).rejects.toThrow('PREFERENCES_MOVED')
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET'])
  })

  it('S-133 that were changed three times without a network are set once, as they stand, when it is back', async () => {
    localStorage.setItem('forecourt-preferences', '{}')
    await followAccount('cus_1')
    dispatchEvent(new Event('offline'))
    preferences.value.theme = 'dark'
    await afterPause()
    preferences.value.textScale = 150
    await afterPause()
    preferences.value.elder = true
    await afterPause()
    expect(asked.map(({ method }) => method)).toEqual(['GET'])
    dispatchEvent(new Event('online'))
    await afterPause()
    dispatchEvent(new Event('offline'))
    dispatchEvent(new Event('online'))
    await afterPause()
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT'])
    expect(asked.at(-1)?.body).toMatchObject({ theme: 'DARK', text_size: 'LARGE', elder_mode: true })
  })

  it('S-133 whose answer was lost are set again when the network is back, and found as they were wished', async () => {
    localStorage.setItem('forecourt-preferences', '{}')
    await followAccount('cus_1')
    answers = [() => { throw new TypeError('connection lost') }]
    preferences.value.theme = 'dark'
    await afterPause()
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT'])
    dispatchEvent(new Event('online'))
    await afterPause()
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'PUT'])
    expect(asked[2]?.body).toEqual(asked[1]?.body)
  })

  it.each([
    [100, 'NORMAL'],
    [125, 'LARGE'],
    [150, 'LARGE'],
    [175, 'LARGEST'],
  ])('%d %% is %s', (textScale, size) => expect(bodyOf({ ...defaults(), textScale }, { onboarding_stage: 0, version: 0 }).text_size).toBe(size))
})
