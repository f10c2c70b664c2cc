/** The catalogue of errors: every code of the API is told to people as what happened, what to do, whether trying again
 * helps, and whom to ask; in both languages, and without a word that only a program knows. */
import { readFileSync } from 'node:fs'
import { flushPromises, mount } from '@vue/test-utils'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { Refused, type Problem } from '../api/problem.ts'
import { LANGUAGES, type Language } from '../preferences.ts'
import { forgetReads } from '../reads.ts'
import TroubleNote from '../ui/TroubleNote.vue'
import { speak, useWords } from '../words/index.ts'
import en from './en.ts'
import { useTroubleWords } from './words.ts'
import zh from './zh.ts'

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T
const MESSAGES = read<Record<string, Record<Language, [cause: string, advice: string]>>>('../chalicelib/handlers/messages.json')
const ROUTES = read<{ 'x-problems': { code: string; retryable: boolean }[] }>('../docs/openapi.json')['x-problems']
/** What no route tells, the frame around them does: too many, no such address. */
const retryableOf = (code: string): boolean => ROUTES.find((one) => one.code === code)?.retryable ?? code === 'THROTTLED'
const CODES = Object.keys(MESSAGES)
const CASES = LANGUAGES.flatMap((language) => CODES.map((code) => [code, language] as const))
/** Names of fields, addresses and headers, and the brackets of a fact that was not filled in. */
const OF_PROGRAMS = /`|\/v\d|\w_\w|\b(?:GET|POST|PUT|DELETE|JSON|ULID|Bearer|Retry-After|Authorization|Idempotency-Key|Content-Type|header|cursor|token|UTF-8)\b|请求头|游标|接口|整数分|\d 分(?!钟)|null|undefined/
const FACTS = {
  allowed_fen: 123_400, amount_fen_max: 500_000, amount_fen_min: 100, refundable_fen: 20_000, bytes_max: 1_000, count_max: 3, days_max: 90,
  grants_max: 20, retry_after_seconds: 60, tries_left: 2, within_seconds: 300, open_at: '2026-11-30T08:00:00Z', open_on: '2026-12-01', path: 'rules', expected: 'list', reason: 'rate', field: 'face',
}
const PHONE = '0871-6000 1234'
const contact = { service_phone: PHONE, first_weekday: 1, last_weekday: 5, opens: '09:00', closes: '18:00', is_open: true }

beforeEach(() => {
  forgetReads()
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(contact), { headers: { 'Content-Type': 'application/json' } }))
})
afterAll(() => speak('zh-CN'))

async function told(code: string, language: Language) {
  await Promise.all([useWords.ready(), useTroubleWords.ready(), import('./TroubleAdvice.vue')])
  await speak(language)
  const [title, advice] = (MESSAGES[code] as (typeof MESSAGES)[string])[language]
  const refusal: Problem = { type: '', code, status: 422, retryable: retryableOf(code), title, detail: '', advice, request_id: 'req-7', facts: FACTS, errors: null }
  const note = mount(TroubleNote, { props: { trouble: new Refused(refusal) }, global: { stubs: ['RouterLink'] } })
  await vi.waitFor(() => expect(note.find('details').exists()).toBe(true))
  return note
}

describe('the catalogue of errors', () => {
  it('is of the codes that the API has', () => {
    expect(Object.keys(zh.actions).filter((code) => !CODES.includes(code))).toEqual([])
    expect(ROUTES.filter(({ code }) => !CODES.includes(code))).toEqual([])
    expect(Object.keys(en.actions)).toEqual(Object.keys(zh.actions))
  })

  it.each(CASES)('S-134 %s (%s) tells cause, action, whether to try again, and whom to ask', async (code, language) => {
    const note = await told(code, language)
    const [cause, action] = note.findAll('.stack > div > p').map((one) => one.text())
    for (const sentence of [cause, action]) {
      expect(sentence).toMatch(language === 'en' ? /^[A-Z][^一-鿿]{3,}/ : /[一-鿿]{2,}/)
      expect(sentence).not.toMatch(OF_PROGRAMS)
    }
    expect(action).not.toBe(cause)
    const words = useTroubleWords().value
    expect(note.get('summary').text()).toBe(`${words.contact} · ${retryableOf(code) ? words.retryable : words.final}`)
    await note.get('details').trigger('toggle')
    await flushPromises()
    expect(note.get('a[href^="tel:"]').attributes('href')).toBe('tel:087160001234')
    expect(note.get('details').text()).toContain(code)
    expect(note.get('details').text()).toContain('req-7')
    note.unmount()
  })

  it('fills the numbers of the case in, as people write them', async () => {
    expect((await told('ABOVE_MAX', 'zh-CN')).text()).toContain('单次最多提现 ¥5,000.00，')
    expect((await told('ABOVE_MAX', 'en')).text()).toContain('Withdraw at most ¥5,000.00 at a time.')
  })
})
