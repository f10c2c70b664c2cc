import { describe, expect, it } from 'vitest'

import { ALL, stageOf, waysAt } from './stages.ts'

const PAID = '2026-11-02T08:30:00Z'
const sale = { use: 'CARD_SALE' as const, paid_at: PAID }
const topUp = { use: 'TOPUP' as const, paid_at: PAID }
const names = (stage: number, hasCard: boolean): string[] => waysAt(stage, hasCard).map(({ name }) => name)

describe('the stage of somebody new', () => {
  it('follows from what was paid, and from a card that was bound', () => {
    expect(stageOf([], false, 0)).toBe(0)
    expect(stageOf([{ ...sale, paid_at: null }], false, 0)).toBe(0)
    expect(stageOf([], true, 0)).toBe(1)
    expect(stageOf([{ ...topUp, paid_at: null }], true, 0)).toBe(1)
    expect(stageOf([topUp, sale], true, 0)).toBe(2)
  })

  it('does not fall back when a card is given back', () => {
    expect(stageOf([sale], false, 0)).toBe(1)
    expect(stageOf([topUp, sale], false, 0)).toBe(2)
  })

  it('is the last one after some orders, and for whoever skipped the introduction on any device', () => {
    expect(stageOf([sale, sale, sale, sale], true, 0)).toBe(ALL)
    expect(stageOf([], false, ALL)).toBe(ALL)
  })
})

describe('the functions of the first page', () => {
  it('come up stage by stage, each once', () => {
    expect(names(0, false)).toEqual(['demo', 'display'])
    expect(names(1, true)).toEqual(['demo', 'display', 'orders', 'bind'])
    expect(names(2, true)).toEqual(['demo', 'display', 'orders', 'bind', 'loss', 'security', 'data'])
    expect(names(ALL, true)).toEqual(names(2, true))
  })

  it('are all there for whoever skips at once, topping up among them', () => {
    expect(names(ALL, false)).toEqual(['demo', 'display', 'topUp', 'orders', 'bind', 'loss', 'security', 'data'])
  })
})
