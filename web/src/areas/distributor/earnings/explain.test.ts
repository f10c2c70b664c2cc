import { describe, expect, it } from 'vitest'

import { told, type Explained, type Explanation } from './explain.ts'

type Line = Explanation['lines'][number]['line']
type Term = NonNullable<NonNullable<Explanation['lines'][number]['terms']>[number]>

const LINE: Line = { sku_id: 'sku_virtual_100', quantity: 1, paid_fen: 10_000, list_fen: 10_000, margin_fen: 300, volume_ml: 0 }
const FIRST: Term = { rule_id: 'first', kind: 'PERCENT', value: 120, base: 'PAID' }
const SECOND: Term = { rule_id: 'second', kind: 'PERCENT', value: 50, base: 'PAID' }

function explained(more: Partial<Explanation>, amountFen: number, recomputedFen = amountFen): Explained {
  const explanation: Explanation = {
    plan_id: 'pln_at_once', plan_version: 2, event: 'CARD_SALE', paid_at: '2026-11-30T19:44:59Z', level: 1,
    places: [{ distributor_id: 'dst_A' }, { distributor_id: 'dst_B' }],
    lines: [{ line: LINE, terms: [FIRST, SECOND] }],
    cap_order: 'NEAREST_FIRST', margin_share_bps: 6_000, ...more,
  }
  const entry = { entry_id: 'cme_1', amount_fen: amountFen, reversed_fen: 0, net_fen: amountFen, held: false, recomputed_fen: recomputedFen }
  return { ...entry, explanation: explanation as unknown as Explained['explanation'] }
}

describe('an explanation is computed again', () => {
  it('takes the rate of what was paid, below the cap', () => {
    const { lines, totalFen, agrees } = told(explained({ cap_order: 'NEAREST_FIRST', margin_share_bps: 6_000 }, 120))
    expect(totalFen).toBe(120)
    expect(agrees).toBe(true)
    expect(lines[0]).toMatchObject({ baseFen: 10_000, exact: '', flooredFen: 120, wantedFen: 120, grantedFen: 120 })
    expect(lines[0]?.cap).toEqual({ of: 'MARGIN', baseFen: 300, bps: 6_000, fen: 180, cuts: false })
  })

  it('says what stood there before the fraction of a fen was cut', () => {
    const line = { ...LINE, paid_fen: 19_900, list_fen: 19_900, margin_fen: 600 }
    const [only] = told(explained({ lines: [{ line, terms: [FIRST, SECOND] }] }, 238)).lines
    expect(only).toMatchObject({ exact: '2.388', flooredFen: 238 })
  })

  it('says so of litres, too', () => {
    const line = { ...LINE, volume_ml: 30_999, margin_fen: 10_000 }
    const [only] = told(explained({ lines: [{ line, terms: [{ ...FIRST, kind: 'LITRES', value: 5, base: 'VOLUME' }] }] }, 154)).lines
    expect(only).toMatchObject({ volumeMl: 30_999, exact: '1.54995', flooredFen: 154 })
  })

  it('gives the second level what the nearer one leaves under the cap', () => {
    const line = { ...LINE, margin_fen: 250 } // 60 % are 150 fen: 120 for the first, 30 of 50 for the second
    const both = { level: 2, lines: [{ line, terms: [FIRST, SECOND] }] }
    const [only] = told(explained(both, 30)).lines
    expect(only).toMatchObject({ wantedFen: 50, grantedFen: 30 })
    expect(only?.cap).toMatchObject({ fen: 150, cuts: true })
  })

  it('splits pro rata with the largest remainder first', () => {
    const line = { ...LINE, margin_fen: 250 } // 150 × 120/170 = 105.88, 150 × 50/170 = 44.12
    const shared = { cap_order: 'PRO_RATA' as const, lines: [{ line, terms: [FIRST, SECOND] }] }
    expect(told(explained(shared, 106)).totalFen).toBe(106)
    expect(told(explained({ ...shared, level: 2 }, 44)).totalFen).toBe(44)
  })

  it.each<[string, Partial<Term>, Partial<Line>, number]>([
    ['a fixed amount of the order', { kind: 'FIXED_PER_ORDER', value: 88 }, {}, 88],
    ['a fixed amount of each unit', { kind: 'FIXED_PER_UNIT', value: 30 }, { quantity: 3 }, 90],
    ['fen a litre, cut', { kind: 'LITRES', value: 5, base: 'VOLUME' }, { volume_ml: 30_999 }, 154],
    ['the difference of two rates, each cut', { kind: 'DIFFERENTIAL', value: 121, lower_bps: 50 }, { paid_fen: 9_999 }, 71],
    ['a rate of the margin', { value: 1_000, base: 'MARGIN' }, {}, 30],
    ['at most the limit of its rule', { line_fen_max: 100 }, {}, 100],
    ['nothing for what nobody paid', {}, { paid_fen: 0 }, 0],
  ])('pays %s', (_, term, line, fen) => {
    const lines = [{ line: { ...LINE, ...line }, terms: [{ ...FIRST, ...term }] }]
    expect(told(explained({ lines, margin_share_bps: 10_000 }, fen)).totalFen).toBe(fen)
  })

  it('does not agree when the entry or the second computation is another number', () => {
    expect(told(explained({}, 121)).agrees).toBe(false)
    expect(told(explained({}, 120, 119)).agrees).toBe(false)
  })
})
