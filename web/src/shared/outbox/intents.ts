/** Intents: what did somebody wish to do with money, and what became of it?
 *
 *     draft ──► sending ──► done
 *                 │  ▲ └──► rejected
 *                 ▼  │ with the same key and body
 *               unknown
 *
 * An intent is kept before anything is sent. Key and body never change: another amount is another intent. Nothing
 * is ever sent but by somebody's tap. Whatever leaves the outcome open leads to `unknown`, never to `rejected`, and
 * an unknown intent cannot be forgotten. Rows are a person's own: nobody else who signs in here sees them.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { shallowRef } from 'vue'

import { newKey } from '../api/client.ts'
import { isUnknown, Refused, type Problem } from '../api/problem.ts'

export type State = 'draft' | 'sending' | 'unknown' | 'done' | 'rejected'

/** What each kind sends; the kinds are registered by the areas that own them (`sends`). */
export interface Intent {
  key: string
  personId: string
  kind: string
  /** Frozen: sent again exactly so. */
  body: unknown
  /** What was wished, to be shown: object, amount, payee. */
  amountFen: number
  about: string
  state: State
  createdAt: number
  sentAt: number | null
  answer: unknown
  problem: Problem | null
}

type Send = (intent: Intent) => Promise<unknown>
/** Asks by the key whether the operation is there; its answer, or null when nobody knows of it. */
type Find = (intent: Intent) => Promise<unknown>

const kinds = new Map<string, { send: Send; find: Find }>()

export function sends(kind: string, send: Send, find: Find): void {
  kinds.set(kind, { send, find })
}

interface Schema extends DBSchema {
  intents: { key: string; value: Intent; indexes: { person: string } }
}

const NAME = 'forecourt-outbox'
let opened: Promise<IDBPDatabase<Schema>> | null = null

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(NAME, 1, {
    upgrade(made) {
      made.createObjectStore('intents', { keyPath: 'key' }).createIndex('person', 'personId')
    },
  })
  return opened
}

/** The intents of whoever is signed in, the newest first; kept in step with what stands in the browser. */
export const intents = shallowRef<readonly Intent[]>([])

const told = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)
let shownFor = ''

export async function show(personId: string): Promise<void> {
  shownFor = personId
  if (!personId) {
    intents.value = []
    return
  }
  const rows = await (await database()).getAllFromIndex('intents', 'person', personId)
  if (shownFor === personId) intents.value = rows.sort((one, other) => other.createdAt - one.createdAt)
}

told?.addEventListener('message', () => void show(shownFor))

async function put(intent: Intent): Promise<Intent> {
  await (await database()).put('intents', intent)
  await show(shownFor)
  told?.postMessage('changed')
  return intent
}

type Wish = Pick<Intent, 'personId' | 'kind' | 'body' | 'amountFen' | 'about'>

/** Keeps a wish, before any network is asked. */
export async function intend(wish: Wish): Promise<Intent> {
  const frozen = JSON.parse(JSON.stringify(wish.body)) as unknown
  const fresh = { state: 'draft', createdAt: Date.now(), sentAt: null, answer: null, problem: null } as const
  return put({ ...wish, ...fresh, body: frozen, key: newKey() })
}

/** Keeps a wish, unless the very same one is open, or was made since its confirmation was shown (`since`): then that
 * one. What a double tap, or a second tab beside, wishes is wished once; who asks anew is asked anew, and means it. */
export async function intendOnce(wish: Wish, since: number): Promise<Intent> {
  return navigator.locks.request(`${NAME}:new`, {}, async () => {
    const rows = await (await database()).getAllFromIndex('intents', 'person', wish.personId)
    const body = JSON.stringify(wish.body)
    const isSame = (row: Intent): boolean =>
      row.kind === wish.kind &&
      row.state !== 'rejected' &&
      JSON.stringify(row.body) === body &&
      (isOpen(row) || row.createdAt >= since)
    return rows.find(isSame) ?? intend(wish)
  })
}

export class SentElsewhere extends Error {}

/** Sends a draft, or an unknown one again with the same key. Throws SentElsewhere while another tab does. */
export async function sendIntent(key: string): Promise<Intent> {
  return alone(key, async (intent) => {
    if (intent.state === 'done' || intent.state === 'rejected') return intent
    const sending = await put({ ...intent, state: 'sending', sentAt: Date.now() })
    return put(await outcome(sending, (known) => known.send(sending)))
  })
}

/** Asks what became of an unknown intent, without sending it. */
export async function findIntent(key: string): Promise<Intent> {
  return alone(key, async (intent) => {
    if (intent.state !== 'unknown' && intent.state !== 'sending') return intent
    const found = await kindOf(intent).find(intent)
    return put(found === null ? { ...intent, state: 'unknown' } : { ...intent, state: 'done', answer: found })
  })
}

/** A draft or an ended intent goes; one whose outcome is open stays. */
export async function forgetIntent(key: string): Promise<void> {
  const kept = await (await database()).get('intents', key)
  if (!kept || isOpen(kept)) return
  await (await database()).delete('intents', key)
  await show(shownFor)
  told?.postMessage('changed')
}

/** At a sign-out: all of a person's rows go but those whose outcome is open. */
export async function wipe(personId: string): Promise<void> {
  const rows = await (await database()).getAllFromIndex('intents', 'person', personId)
  for (const row of rows) await forgetIntent(row.key)
}

export function isOpen(intent: Intent): boolean {
  return intent.state === 'unknown' || intent.state === 'sending'
}

async function outcome(intent: Intent, ask: (known: { send: Send }) => Promise<unknown>): Promise<Intent> {
  try {
    return { ...intent, state: 'done', answer: await ask(kindOf(intent)), problem: null }
  } catch (trouble) {
    const problem = trouble instanceof Refused ? trouble.problem : null
    return { ...intent, state: isUnknown(trouble) || !problem ? 'unknown' : 'rejected', problem }
  }
}

function kindOf(intent: Intent): { send: Send; find: Find } {
  const known = kinds.get(intent.kind)
  if (!known) throw new Error(`nobody sends intents of the kind ${intent.kind}`)
  return known
}

/** One tab at a time works on an intent, and reads it anew when its turn comes. */
async function alone(key: string, work: (intent: Intent) => Promise<Intent>): Promise<Intent> {
  return navigator.locks.request(`${NAME}:${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) throw new SentElsewhere()
    const intent = await (await database()).get('intents', key)
    if (!intent) throw new Error('the intent is gone')
    return work(intent)
  })
}
