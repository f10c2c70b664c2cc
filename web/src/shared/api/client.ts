/** The client: how is the API asked? Paths, bodies and answers are typed by the API's own description.
 *
 *     const order = await answer(api.GET('/v1/orders/{order_id}', { params: { path: { order_id } } }))
 */
import createClient, { type Middleware } from 'openapi-fetch'
import { monotonicFactory } from 'ulid'
import { ref } from 'vue'

import { language } from '../preferences.ts'
import { isProblem, Refused, Unreached } from './problem.ts'
import type { components, paths } from './schema.ts'

export type Schemas = components['schemas']

/** Whose tokens requests carry; the session hands itself in, so that neither module needs the other. */
export interface Bearer {
  /** The access token, renewed when it is about to end; "" for nobody. */
  token(): Promise<string>
  /** Another access token after the API refused this one, or "" when the session is over. */
  renewed(refused: string): Promise<string>
}

const NOBODY: Bearer = { token: async () => '', renewed: async () => '' }
let bearer: Bearer = NOBODY

export function carry(of: Bearer): void {
  bearer = of
}

/** Whether the last request reached the API; a browser's own word of being online promises less. */
export const reached = ref(true)

const OF_TOKENS = new Set(['TOKEN_EXPIRED', 'TOKEN_INVALID', 'SESSION_ENDED'])
const ALONE = ['/v1/sessions', '/v1/codes', '/v1/captchas', '/v1/products', '/v1/notices', '/v1/enrolments']
const own: Middleware = {
  async onRequest({ request, schemaPath }) {
    request.headers.set('Accept-Language', language.value)
    if (ALONE.some((path) => schemaPath.startsWith(path))) return request
    const token = await bearer.token()
    if (token) request.headers.set('Authorization', `Bearer ${token}`)
    return request
  },
}

/** A request is sent once more when its access token had ended; never for another reason. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const answered = await reach(request)
  const token = request.headers.get('Authorization')?.slice('Bearer '.length)
  if (answered.status !== 401 || !token || !(await isOfToken(answered))) return answered
  const renewed = await bearer.renewed(token)
  if (!renewed) return answered
  again.headers.set('Authorization', `Bearer ${renewed}`)
  return reach(again)
}

/** Whether the access token is what was refused: a wrong password, sent again, would count as two tries. */
async function isOfToken(answered: Response): Promise<boolean> {
  const body: unknown = await answered.clone().json().catch(() => null)
  return !isProblem(body) || OF_TOKENS.has(body.code)
}

async function reach(request: Request): Promise<Response> {
  try {
    const response = await fetch(request)
    reached.value = true
    return response
  } catch (broken) {
    reached.value = false
    throw new Unreached(broken)
  }
}

export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', cache: 'no-store', fetch: send })
api.use(own)

interface Outcome<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of the answer. Throws Refused with the API's problem, Unreached when there is no answer of the API. */
export async function answer<T>(asked: Promise<Outcome<T>>): Promise<Exclude<T, undefined>> {
  const { data, error, response } = await asked
  if (response.ok) return data as Exclude<T, undefined>
  if (isProblem(error)) throw new Refused(error)
  throw new Unreached(`HTTP ${response.status}`)
}

const ulid = monotonicFactory()

/** A new key of an operation: sent again with the same key, it is the same operation. */
export function newKey(): string {
  return ulid()
}

/** The header of a keyed operation that is not about money: a fresh key each time it is wished. */
export function keyed(key: string = newKey()): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key }
}
