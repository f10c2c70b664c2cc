/** Deeds: what does the office send that moves no money (people, roles, cards, verdicts, parameters, plans), and how is
 * it found again when its answer was lost? What is shown once, a code or somebody's number, is kept nowhere: it stands
 * in memory alone, and no answer of these is put into the browser's store. */
import { shallowRef } from 'vue'

import { answer, api, keyed, type Schemas } from '@/shared/api/client.ts'
import { Refused } from '@/shared/api/problem.ts'
import type { Intent } from '@/shared/outbox/intents.ts'
import { useSensitive } from '@/shared/session/useSensitive.ts'
import { CLOCKS_MS, requestOr, write, type Wish } from './writes.ts'

const { sensitive } = useSensitive()

/** A code for a first sign-in that an answer brought; shown once. */
export const shownOnce = shallowRef('')

/** Sends, and keeps of the answer nothing. */
export async function told(work: () => Promise<unknown>): Promise<null> {
  await sensitive(work)
  return null
}

/** What is there, or null where there is none. */
async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (trouble) {
    if (trouble instanceof Refused && trouble.problem.status === 404) return null
    throw trouble
  }
}

/** Whether it happened since the wish, as far as the clocks of a desk and of the server agree. */
export const since = (at: string | null | undefined, { createdAt }: Intent): boolean => Boolean(at) && Date.parse(at ?? '') >= createdAt - CLOCKS_MS
/** An outcome without its answer. */
export const found = (is: boolean | undefined): 'found' | null => (is ? 'found' : null)

interface OfCard extends Wish {
  person: string
}

const personOf = (person_id: string) => answer(api.GET('/v1/office/people/{person_id}', { params: { path: { person_id } } }))
const isFrozen = async ({ id, person }: OfCard) => (await personOf(person)).cards.find((card) => card.card_id === id)?.state === 'FROZEN'

write<OfCard>('office.card.freeze', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/cards/{card_id}/freeze', { params: { path: { card_id: id }, header: keyed(key) }, body: { reason } }))),
  find: async (body) => found(await isFrozen(body)),
})

write<OfCard>('office.card.unfreeze', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/cards/{card_id}/unfreeze', { params: { path: { card_id: id }, header: keyed(key) }, body: { reason } }))),
  find: async (body) => found(!(await isFrozen(body))),
})

const atPerson = (person_id: string, key: string) => ({ path: { person_id }, header: keyed(key) })

write<Wish>('office.person.signOut', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/people/{person_id}/sign-out', { params: atPerson(id, key), body: { reason } }))),
  find: async () => null, // sent again under its key it ends nothing more
})

write<Wish>('office.person.lostFactor', {
  send: ({ id, reason }, key) => told(() => answer(api.POST('/v1/office/people/{person_id}/lost-factor', { params: atPerson(id, key), body: { reason } }))),
  find: async (_, { key }) => found((await requestOr(`fct_${key}`)) !== null),
})

write<Wish & { ticket: string }>('office.unmasking', {
  send: ({ id, ticket, reason }, key) =>
    told(() => answer(api.POST('/v1/office/people/{person_id}/unmasking', { params: atPerson(id, key), body: { ticket, reason } }))),
  find: async ({ id }) => found(Boolean((await personOf(id)).unmasked_until)),
})

write<Wish & { state: Schemas['ChangeState']['state'] }>('office.distributor.state', {
  send: ({ id, state, reason }, key) =>
    told(() => answer(api.POST('/v1/office/distributors/{distributor_id}/state', { params: { path: { distributor_id: id }, header: keyed(key) }, body: { state, reason } }))),
  async find({ id, state }) {
    const way = await answer(api.GET('/v1/office/distributors/{distributor_id}/path', { params: { path: { distributor_id: id } } }))
    return found(way.nodes.at(-1)?.state === state)
  },
})

write<Wish & { verdict: Schemas['GiveVerdict']['verdict'] }>('office.verdict', {
  send: ({ id, verdict, reason }, key) => told(() => answer(api.POST('/v1/office/alerts/{alert_id}/verdict', { params: { path: { alert_id: id }, header: keyed(key) }, body: { verdict, reason } }))),
  async find({ id }, { personId }) {
    const alert = await answer(api.GET('/v1/office/alerts/{alert_id}', { params: { path: { alert_id: id } } }))
    return found(alert.state !== 'OPEN' && alert.decided_by === personId)
  },
})

interface OfDifference extends Wish {
  channel: string
  day: string
  resolution: Schemas['ResolveDifference']['resolution']
}

write<OfDifference>('office.difference', {
  send({ id, channel, day, resolution, reason }, key) {
    const params = { path: { channel, day, difference_id: id }, header: keyed(key) }
    return told(() => answer(api.POST('/v1/office/reconciliations/{channel}/{day}/differences/{difference_id}/resolution', { params, body: { resolution, reason } })))
  },
  async find({ id, channel, day }, { personId }) {
    let cursor: string | null | undefined
    do {
      const params = { path: { channel, day }, query: cursor ? { cursor } : {} }
      const page = await answer(api.GET('/v1/office/reconciliations/{channel}/{day}/differences', { params }))
      const known = page.items.find((one) => one.difference_id === id)
      if (known) return found(known.state !== 'OPEN' && known.decided_by === personId)
      cursor = page.next
    } while (cursor)
    return null
  },
})

write<Wish & Pick<Schemas['ResolveFindingBody'], 'resolution' | 'detail'>>('office.finding', {
  send: ({ id, resolution, reason, detail }, key) =>
    told(() => answer(api.POST('/v1/office/findings/{finding_id}/resolution', { params: { path: { finding_id: id }, header: keyed(key) }, body: { resolution, reason, detail } }))),
  async find({ id }, intent) {
    const known = await answer(api.GET('/v1/office/findings/{finding_id}', { params: { path: { finding_id: id } } }))
    return found(known.state !== 'OPEN' && known.decided_by === intent.personId && since(known.decided_at, intent))
  },
})

type Proposed = Wish & { value: unknown; effective_at: string; region: string }

write<Proposed>('office.parameter', {
  send: ({ id, value, effective_at, region }, key) =>
    told(() => answer(api.POST('/v1/office/parameters', { params: { header: keyed(key) }, body: { name: id, value: value as Schemas['JsonValue'], effective_at, ...(region ? { region } : {}) } }))),
  find: async (_, { key }) => found((await requestOr(`prm_${key}`)) !== null),
})

write<Wish & { plan: Schemas['DraftPlan']['plan'] }>('office.plan.draft', {
  send: ({ plan }, key) => told(() => answer(api.POST('/v1/office/plans', { params: { header: keyed(key) }, body: { plan } }))),
  find: async (_, { key }) => found((await requestOr(`pln_${key}`)) !== null),
})

write<Wish>('office.plan.simulation', {
  send: ({ id }, key) => told(() => answer(api.POST('/v1/office/plans/{plan_id}/simulation', { params: { path: { plan_id: id }, header: keyed(key) } }))),
  async find({ id }, intent) {
    const report = await orNull(() => answer(api.GET('/v1/office/plans/{plan_id}/simulation', { params: { path: { plan_id: id } } })))
    return found(since(report?.made_at, intent))
  },
})

write<Wish & { request_id: string }>('office.plan.approval', {
  send: ({ id, request_id }, key) => told(() => answer(api.POST('/v1/office/plans/{plan_id}/approval', { params: { path: { plan_id: id }, header: keyed(key) }, body: { request_id } }))),
  async find({ request_id }, { personId }) {
    const request = await requestOr(request_id)
    return found(request?.decisions.some((one) => one.person_id === personId && one.agrees))
  },
})
