/** What its holder can do with a card. */
import { describe, expect, it } from 'vitest'

import { actionsOf, isFrozenByOffice } from './actions.ts'

const NOW = Date.parse('2026-11-30T12:00:00Z')
const CARD = { state: 'ACTIVE', kind: 'NAMED', mode: 'ISSUER', form: 'VIRTUAL', frozen_by: '', revealed_at: null, lost_at: null }
const is = (more: object) => ({ ...CARD, ...more })

describe('a card', () => {
  it.each([
    [is({}), ['freeze', 'loss']],
    [is({ kind: 'BEARER' }), ['freeze']],
    [is({ kind: 'BEARER', form: 'PHYSICAL' }), ['freeze', 'reveal']],
    [is({ kind: 'BEARER', form: 'PHYSICAL', revealed_at: '2026-11-30T11:00:00Z' }), ['freeze']],
    [is({ state: 'SOLD', form: 'PHYSICAL' }), ['activate', 'reveal']],
    [is({ state: 'FROZEN', frozen_by: 'HOLDER' }), ['unfreeze', 'loss']],
    [is({ state: 'FROZEN', frozen_by: 'RISK', kind: 'BEARER' }), []],
    [is({ state: 'LOST', lost_at: '2026-11-30T11:00:00Z' }), ['lossWithdrawal', 'replacement']],
    [is({ state: 'LOST', lost_at: '2026-11-29T11:59:59Z' }), ['replacement']],
    [is({ state: 'LOST', lost_at: '2026-11-29T11:00:00Z', mode: 'AGENT' }), []],
    [is({ state: 'LOST', lost_at: '2026-11-29T11:00:00Z', frozen_by: 'SUPPORT' }), []],
    [is({ state: 'CLOSED' }), []],
  ])('%# offers what its state allows and nothing else', (card, actions) => {
    expect(actionsOf(card, NOW)).toEqual(actions)
  })

  it('that the office froze is only theirs to lift', () => {
    expect(isFrozenByOffice(is({ state: 'FROZEN', frozen_by: 'RISK' }))).toBe(true)
    expect(isFrozenByOffice(is({ state: 'FROZEN', frozen_by: 'HOLDER' }))).toBe(false)
  })
})
