/** Explaining: by which sums did an order become this commission? The sums are made again here, from the entry's
 * explanation alone, so that each number on the screen follows from the one above it, and the last is the entry's.
 *
 *     base × rate ─► floor to the fen ─► at most the rule's limit ─► what the cap leaves ─► granted
 */
import type { Schemas } from '@/shared/api/client.ts'

export type Explained = Schemas['ExplainedView']
export type Kind = 'FIXED_PER_ORDER' | 'FIXED_PER_UNIT' | 'PERCENT' | 'LITRES' | 'DIFFERENTIAL'
export type Base = 'PAID' | 'MARGIN' | 'LIST' | 'VOLUME'

interface Term {
  rule_id: string
  kind: Kind
  value: number
  base: Base
  lower_bps?: number
  line_fen_max?: number
}

interface Line {
  sku_id: string
  quantity: number
  paid_fen: number
  list_fen: number
  margin_fen: number
  volume_ml: number
}

export interface Explanation {
  plan_id: string
  plan_version: number
  event: string
  paid_at: string
  level: number
  places: { distributor_id: string; refused?: string }[]
  lines: { line: Line; terms?: (Term | null)[] }[]
  cap_order: 'NEAREST_FIRST' | 'PRO_RATA'
  line_cap_bps?: number
  margin_share_bps?: number
}

/** The cap of a line: the lower one of a share of what was paid and a share of what the sale leaves us. */
export interface Cap {
  of: 'PAID' | 'MARGIN'
  baseFen: number
  bps: number
  fen: number
  /** All levels together wished for more than the cap. */
  cuts: boolean
}

/** One line of the order, and what it gives at the entry's level. */
export interface LineTold {
  sku: string
  quantity: number
  paidFen: number
  volumeMl: number
  /** Null: no rule pays this level for this line. */
  rule: Term | null
  baseFen: number
  /** The product before it was cut to whole fen, as text of yuan; "" where nothing was cut. */
  exact: string
  flooredFen: number
  limitFen: number | null
  wantedFen: number
  cap: Cap | null
  grantedFen: number
}

export interface Told {
  lines: LineTold[]
  totalFen: number
  /** Whether our sums, the entry and the server's own second computation are one number. */
  agrees: boolean
}

const BPS = 10_000
const floorOf = (amount: number, numerator: number, denominator: number): number => Math.floor((amount * numerator) / denominator)

export function explanationOf(explained: Explained): Explanation {
  return explained.explanation as unknown as Explanation
}

export function told(explained: Explained): Told {
  const explanation = explanationOf(explained)
  const isPaid = explanation.lines.some(({ line }) => line.paid_fen > 0)
  const lines = explanation.lines.map((_, index) => lineTold(explanation, index, isPaid))
  const totalFen = lines.reduce((sum, line) => sum + line.grantedFen, 0)
  return { lines, totalFen, agrees: totalFen === explained.amount_fen && totalFen === explained.recomputed_fen }
}

function lineTold(explanation: Explanation, index: number, isPaid: boolean): LineTold {
  const { line, terms = [] } = explanation.lines[index] as Explanation['lines'][number]
  const carriesOrder = index === 0 && isPaid
  const wanted = terms.map((term) => limited(term, flooredFen(term, line, carriesOrder)))
  const cap = capOf(explanation, line, wanted)
  const own = explanation.level - 1
  const rule = terms[own] ?? null
  return {
    sku: line.sku_id,
    quantity: line.quantity,
    paidFen: line.paid_fen,
    volumeMl: line.volume_ml,
    rule,
    baseFen: rule ? baseFen(rule, line) : 0,
    exact: exactOf(rule, line),
    flooredFen: flooredFen(rule, line, carriesOrder),
    limitFen: rule?.line_fen_max ?? null,
    wantedFen: wanted[own] ?? 0,
    cap,
    grantedFen: granted(wanted, cap, explanation.cap_order)[own] ?? 0,
  }
}

function limited(term: Term | null, fen: number): number {
  return term?.line_fen_max === undefined ? fen : Math.min(fen, term.line_fen_max)
}

function baseFen(term: Term, line: Line): number {
  if (term.base === 'MARGIN') return Math.max(0, line.margin_fen)
  return term.base === 'LIST' ? line.list_fen : line.paid_fen
}

function flooredFen(term: Term | null, line: Line, carriesOrder: boolean): number {
  if (!term) return 0
  if (term.kind === 'FIXED_PER_ORDER') return carriesOrder ? term.value : 0
  if (line.paid_fen <= 0) return 0
  if (term.kind === 'FIXED_PER_UNIT') return term.value * line.quantity
  if (term.kind === 'LITRES') return floorOf(line.volume_ml, term.value, 1_000)
  const base = baseFen(term, line)
  const lower = term.kind === 'DIFFERENTIAL' ? floorOf(base, term.lower_bps ?? 0, BPS) : 0
  return Math.max(0, floorOf(base, term.value, BPS) - lower)
}

/** 2.388 where 2.38 is paid: what stood there before the fraction of a fen was left with the platform. */
function exactOf(term: Term | null, line: Line): string {
  if (!term || line.paid_fen <= 0) return ''
  if (term.kind === 'PERCENT') return fractionOf(baseFen(term, line) * term.value, 4)
  return term.kind === 'LITRES' ? fractionOf(line.volume_ml * term.value, 3) : ''
}

/** Fen with so many places behind them, as yuan; "" when they are whole. */
function fractionOf(product: number, places: number): string {
  if (product % 10 ** places === 0) return ''
  const digits = String(product).padStart(places + 3, '0')
  return `${digits.slice(0, -places - 2)}.${digits.slice(-places - 2)}`.replace(/0+$/, '')
}

function capOf(explanation: Explanation, line: Line, wanted: readonly number[]): Cap | null {
  const bases = [
    { of: 'PAID' as const, baseFen: line.paid_fen, bps: explanation.line_cap_bps },
    { of: 'MARGIN' as const, baseFen: Math.max(0, line.margin_fen), bps: explanation.margin_share_bps },
  ]
  const sum = wanted.reduce((total, fen) => total + fen, 0)
  const caps = bases.flatMap(({ of, baseFen: base, bps }) => {
    if (bps === undefined) return []
    const fen = floorOf(base, bps, BPS)
    return [{ of, baseFen: base, bps, fen, cuts: sum > fen }]
  })
  return caps.sort((one, other) => one.fen - other.fen)[0] ?? null
}

function granted(wanted: readonly number[], cap: Cap | null, order: Explanation['cap_order']): readonly number[] {
  if (!cap?.cuts) return wanted
  if (order === 'PRO_RATA') return byWeight(cap.fen, wanted)
  let left = cap.fen
  return wanted.map((fen) => {
    const part = Math.min(fen, left)
    left -= part
    return part
  })
}

/** By weight, each part cut to the fen; what is left goes to the largest remainders, the earlier one first. */
function byWeight(total: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const parts = weights.map((weight) => floorOf(total, weight, sum))
  const rests = weights.map((weight, index) => ({ index, rest: (total * weight) % sum }))
  rests.sort((one, other) => other.rest - one.rest || one.index - other.index)
  const over = total - parts.reduce((all, part) => all + part, 0)
  for (const { index } of rests.slice(0, over)) parts[index] = (parts[index] ?? 0) + 1
  return parts
}
