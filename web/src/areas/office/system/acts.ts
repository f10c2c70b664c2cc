/** Acts: what an admin may do to somebody of the office, each with its reason and its key. */
import { answer, api } from '@/shared/api/client.ts'

export type Act = 'lock' | 'unlock' | 'lostFactor' | 'revoke' | 'review' | 'approve' | 'refuse' | 'code'

interface Of {
  personId: string
  grantId: string
  reason: string
  key: string
}

export function actOf(act: Act, { personId, grantId, reason, key }: Of): Promise<unknown> {
  const header = { 'Idempotency-Key': key }
  const params = { path: { person_id: personId }, header }
  const ofGrant = { path: { person_id: personId, grant_id: grantId }, header }
  const body = { reason }
  switch (act) {
    case 'lock':
      return answer(api.POST('/v1/office/staff/{person_id}/lock', { params, body }))
    case 'unlock':
      return answer(api.POST('/v1/office/staff/{person_id}/unlock', { params, body }))
    case 'lostFactor':
      return answer(api.POST('/v1/office/staff/{person_id}/lost-factor', { params, body }))
    case 'code':
      return answer(api.POST('/v1/office/staff/{person_id}/code', { params, body }))
    case 'revoke':
      return answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/revocation', { params: ofGrant, body }))
    case 'review':
      return answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/review', { params: ofGrant, body }))
    case 'approve':
      return answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/approval', { params: ofGrant, body }))
    case 'refuse':
      return answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/refusal', { params: ofGrant, body }))
  }
}
