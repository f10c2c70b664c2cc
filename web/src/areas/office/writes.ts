/** Writes: what does the office send that decides on money, and how is it found again when its answer was lost?
 * Each goes by the outbox: kept before it is sent, sent again only with the same key, by somebody's tap. What moves
 * no money (deeds.ts) goes the same way. */
import { answer, api, keyed, type Schemas } from '@/shared/api/client.ts'
import { Refused } from '@/shared/api/problem.ts'
import { sends, type Intent } from '@/shared/outbox/intents.ts'
import { useSensitive } from '@/shared/session/useSensitive.ts'

const { sensitive } = useSensitive()

/** What every write says: of what, and why. */
export interface Wish {
  id: string
  reason: string
}

interface Write<Body extends Wish> {
  send(body: Body, key: string): Promise<unknown>
  /** The outcome, or null while nothing of it is there. */
  find(body: Body, intent: Intent): Promise<unknown>
}

export function write<Body extends Wish>(kind: string, { send, find }: Write<Body>): void {
  sends(
    kind,
    (intent) => send(intent.body as Body, intent.key),
    (intent) => find(intent.body as Body, intent),
  )
}

const ofRequest = (body: Wish) => answer(api.GET('/v1/office/approvals/{request_id}', { params: { path: { request_id: body.id } } }))
const ofWithdrawal = (body: Wish) => answer(api.GET('/v1/withdrawals/{withdrawal_id}', { params: { path: { withdrawal_id: body.id } } }))

/** Whether this person has said so to the request. */
function saidIn(request: Schemas['RequestView'], personId: string, agrees: boolean): boolean {
  return request.decisions.some((one) => one.person_id === personId && one.agrees === agrees)
}

/** Whether this person has taken one of the steps since the wish. */
function tookStep(withdrawal: Schemas['WithdrawalView'], { personId, createdAt }: Intent, ...steps: string[]): boolean {
  return withdrawal.history.some((one) => one.actor === personId && steps.includes(one.step) && Date.parse(one.at) >= createdAt - CLOCKS_MS)
}

/** A remark that nobody wrote is left out. */
const remark = (reason: string) => (reason ? { reason } : {})

/** So much may the clocks of a desk and of the server differ. */
export const CLOCKS_MS = 5 * 60_000

write('office.approval', {
  send: ({ id, reason }, key) =>
    sensitive(() =>
      answer(api.POST('/v1/office/approvals/{request_id}/approval', { params: { path: { request_id: id }, header: keyed(key) }, body: remark(reason) })),
    ),
  async find(body, { personId }) {
    const request = await ofRequest(body)
    return saidIn(request, personId, true) ? request : null
  },
})

write('office.refusal', {
  send: ({ id, reason }, key) =>
    answer(api.POST('/v1/office/approvals/{request_id}/refusal', { params: { path: { request_id: id }, header: keyed(key) }, body: { reason } })),
  async find(body, { personId }) {
    const request = await ofRequest(body)
    return saidIn(request, personId, false) ? request : null
  },
})

write('office.withdrawal.approval', {
  send: ({ id, reason }, key) =>
    sensitive(() =>
      answer(api.POST('/v1/office/withdrawals/{withdrawal_id}/approval', { params: { path: { withdrawal_id: id }, header: keyed(key) }, body: remark(reason) })),
    ),
  async find(body, intent) {
    const known = await ofWithdrawal(body)
    return tookStep(known, intent, 'APPROVE', 'APPROVE_LAST') ? known : null
  },
})

write('office.withdrawal.rejection', {
  send: ({ id, reason }, key) =>
    answer(api.POST('/v1/office/withdrawals/{withdrawal_id}/rejection', { params: { path: { withdrawal_id: id }, header: keyed(key) }, body: { reason } })),
  async find(body, intent) {
    const known = await ofWithdrawal(body)
    return tookStep(known, intent, 'REJECT') ? known : null
  },
})

write('office.withdrawal.payout', {
  send: ({ id }, key) =>
    sensitive(() =>
      answer(api.POST('/v1/office/withdrawals/{withdrawal_id}/payout', { params: { path: { withdrawal_id: id }, header: keyed(key) } })),
    ),
  async find(body, intent) {
    const known = await ofWithdrawal(body)
    return tookStep(known, intent, 'PAY') ? known : null
  },
})

write('office.withdrawal.return', {
  send: ({ id, reason }, key) =>
    answer(api.POST('/v1/office/withdrawals/{withdrawal_id}/return', { params: { path: { withdrawal_id: id }, header: keyed(key) }, body: { reason } })),
  async find(body, intent) {
    const known = await ofWithdrawal(body)
    return tookStep(known, intent, 'RETURN') ? known : null
  },
})

interface RefundWish extends Wish {
  cause: 'CUSTOMER' | 'ISSUER'
  amount_fen: number | null
  card_ids: string[]
}

const ofOrder = async (order_id: string) => (await answer(api.GET('/v1/office/orders/{order_id}', { params: { path: { order_id } } }))).order

/** The request of this id, or null while there is none. */
export async function requestOr(id: string) {
  try {
    return await ofRequest({ id, reason: '' })
  } catch (trouble) {
    if (trouble instanceof Refused && trouble.problem.status === 404) return null
    throw trouble
  }
}

/** A refund has the key of its wish as id; so has a request, behind the letters of its kind. */
write<RefundWish>('office.refund', {
  send: ({ id, ...body }, key) =>
    answer(api.POST('/v1/office/orders/{order_id}/refunds', { params: { path: { order_id: id }, header: keyed(key) }, body })),
  async find({ id }, { key }) {
    const order = await ofOrder(id)
    return order.refunds.some((one) => one.refund_id === key) ? order : null
  },
})

write<RefundWish>('office.refund.request', {
  send: ({ id, ...body }, key) =>
    answer(api.POST('/v1/office/orders/{order_id}/refund-request', { params: { path: { order_id: id }, header: keyed(key) }, body })),
  find: (_, { key }) => requestOr(`rfd_${key}`),
})

interface ByHand extends Wish {
  order_id: string
  bank_reference: string
}

write<ByHand>('office.refund.retry', {
  send: ({ id, order_id, reason }, key) =>
    answer(api.POST('/v1/office/orders/{order_id}/refunds/{refund_id}/retry', { params: { path: { order_id, refund_id: id }, header: keyed(key) }, body: { reason } })),
  async find({ id, order_id }) {
    const order = await ofOrder(order_id)
    return order.refunds.some((one) => one.refund_id === id && one.state !== 'MANUAL') ? order : null
  },
})

write<ByHand>('office.refund.settlement', {
  send: ({ id, order_id, reason, bank_reference }, key) =>
    answer(api.POST('/v1/office/orders/{order_id}/refunds/{refund_id}/settlement', { params: { path: { order_id, refund_id: id }, header: keyed(key) }, body: { reason, bank_reference } })),
  find: (_, { key }) => requestOr(`bnk_${key}`),
})
