/** What an admin does to people of the office: each act, how it is sent, and how it is found again. */
import { answer, api, keyed, type Schemas } from '@/shared/api/client.ts'
import type { Intent } from '@/shared/outbox/intents.ts'
import { found, shownOnce, since, told } from './deeds.ts'
import { requestOr, write, type Wish } from './writes.ts'

export const ACTS = ['lock', 'unlock', 'lostFactor', 'revoke', 'review', 'approve', 'refuse', 'code'] as const
export type Act = (typeof ACTS)[number]

interface OfGrant extends Wish {
  grant: string
}

type Grant = Schemas['GrantView']

const staffOf = (person_id: string) => answer(api.GET('/v1/office/staff/{person_id}', { params: { path: { person_id } } }))
const grantOf = async ({ id, grant }: OfGrant): Promise<Grant | undefined> => (await staffOf(id)).grants.find((one) => one.grant_id === grant)
const at = (id: string, key: string) => ({ path: { person_id: id }, header: keyed(key) })
const atGrant = ({ id, grant }: OfGrant, key: string) => ({ path: { person_id: id, grant_id: grant }, header: keyed(key) })

/** The code is shown once and kept nowhere: who lost it gives another one. */
async function withCode(ask: () => Promise<{ code?: string | null | undefined }>): Promise<null> {
  return told(async () => (shownOnce.value = (await ask()).code ?? ''))
}

write<Wish>('office.staff.lock', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/lock', { params: at(id, key), body: { reason } }))),
  find: async ({ id }) => found((await staffOf(id)).locked),
})

write<Wish>('office.staff.unlock', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/unlock', { params: at(id, key), body: { reason } }))),
  find: async (_, { key }) => found((await requestOr(`ulk_${key}`)) !== null),
})

write<Wish>('office.staff.lostFactor', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/lost-factor', { params: at(id, key), body: { reason } }))),
  find: async (_, { key }) => found((await requestOr(`fct_${key}`)) !== null),
})

write<Wish>('office.staff.code', {
  send: ({ id, reason }, key) => withCode(() => answer(api.POST('/v1/office/staff/{person_id}/code', { params: at(id, key), body: { reason } }))),
  find: async () => null,
})

write<OfGrant>('office.staff.revoke', {
  send: (body, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/revocation', { params: atGrant(body, key), body: { reason: body.reason } }))),
  find: async (body) => found((await grantOf(body)) === undefined),
})

write<OfGrant>('office.staff.refuse', {
  send: (body, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/refusal', { params: atGrant(body, key), body: { reason: body.reason } }))),
  find: async (body) => found((await grantOf(body)) === undefined),
})

write<OfGrant>('office.staff.approve', {
  send: (body, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/approval', { params: atGrant(body, key), body: { reason: body.reason } }))),
  find: async (body) => found((await grantOf(body))?.state === 'APPROVED'),
})

write<OfGrant>('office.staff.review', {
  send: (body, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/grants/{grant_id}/review', { params: atGrant(body, key), body: { reason: body.reason } }))),
  async find(body, intent) {
    const grant = await grantOf(body)
    return found(grant?.reviewed_by === intent.personId && since(grant?.reviewed_at, intent))
  },
})

type Asked = Wish & { asked: Schemas['AskRoles'] }

write<Asked>('office.staff.ask', {
  send: ({ id, asked }, key) => told(() => answer(api.POST('/v1/office/staff/{person_id}/grants', { params: at(id, key), body: asked }))),
  find: async ({ id, asked }, intent) => found((await staffOf(id)).grants.some((one) => isOf(one, asked, intent))),
})

write<Asked & { phone: string }>('office.staff.invite', {
  send: ({ asked, phone }, key) => withCode(() => answer(api.POST('/v1/office/staff', { params: { header: keyed(key) }, body: { ...asked, phone } }))),
  find: async () => null,
})

const isOf = (one: Grant, { roles }: Schemas['AskRoles'], intent: Intent): boolean =>
  one.requested_by === intent.personId && since(one.requested_at, intent) && roles.some((role) => role === one.role)
