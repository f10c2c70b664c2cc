/** Samples of the demonstration: fixed, nobody's, and never sent. */
import type { AnyCard } from '../products.ts'
import type { Order } from '../reads.ts'

export const CARD: AnyCard = {
  card_id: 'sample', sku_id: 'sample', issuer: 'forecourt', mode: 'ISSUER', kind: 'NAMED', form: 'VIRTUAL', state: 'ACTIVE', last4: '0000', available_fen: 38_650, held_fen: 5_000,
}

export const AMOUNTS = { own: [20_000, 50_000], common: [10_000, 30_000, 100_000] }
export const PRICE_BPS = 9_950

const DAY = '2026-11-02'
const at = (clock: string): string => `${DAY}T${clock}+08:00`

export const ORDER: Order = {
  order_id: 'sample', customer_id: 'sample', use: 'TOPUP', state: 'COMPLETED', sku_id: 'sample', issuer: 'forecourt', mode: 'ISSUER', quantity: 1, face_fen: 20_000, payable_fen: 19_900, region: '',
  payer: 'channel:sandbox', card_ids: ['sample'], created_at: at('08:30:02'), paid_at: at('08:30:21'), payment_id: '', plan_id: '', topup_state: '', refunds: [], version: 1,
  steps: [
    { state: 'PENDING_PAY', at: at('08:30:02'), actor: '', reason: '' },
    { state: 'PAID', at: at('08:30:21'), actor: '', reason: '' },
    { state: 'FULFILLING', at: at('08:30:21'), actor: '', reason: '' },
    { state: 'COMPLETED', at: at('08:30:22'), actor: '', reason: '' },
  ],
}

/** A top-up of an oil company's card, whose answer has not come. */
export const SILENT: Order = { ...ORDER, issuer: 'petro', mode: 'AGENT', state: 'FULFILLING', topup_state: 'UNKNOWN', steps: ORDER.steps.slice(0, 3) }

export const SECRET = { number: '1000000000000000', secret: 'SAMPLE234567' }
export const REFUND_FEN = 15_000
export const LEAVES_FEN = 15_100
