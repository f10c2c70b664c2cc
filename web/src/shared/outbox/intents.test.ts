/** What becomes of a wish, whatever the network does to it. */
import 'fake-indexeddb/auto'

import { beforeEach, describe, expect, it, vi } from 'vitest'

import { Refused, Unreached, type Problem } from '../api/problem.ts'
import { findIntent, forgetIntent, intend, intendOnce, intents, sendIntent, sends, SentElsewhere, show, wipe } from './intents.ts'

/** One lock at a time under a name, as a browser has them. */
const held = new Set<string>()
vi.stubGlobal('navigator', {
  ...navigator,
  locks: {
    async request(name: string, { ifAvailable }: { ifAvailable?: boolean }, work: (lock: unknown) => Promise<unknown>) {
      while (held.has(name)) {
        if (ifAvailable) return work(null)
        await new Promise((turn) => setTimeout(turn))
      }
      held.add(name)
      try {
        return await work({ name })
      } finally {
        held.delete(name)
      }
    },
  },
})

const ME = 'cus_ME'
const wish = { personId: ME, kind: 'TEST', body: { amount_fen: 100 }, amountFen: 100, about: '充值' }

function problem(status: number, retryable: boolean, code = 'SOME_CODE'): Refused {
  const facts = {}
  return new Refused({ type: '', title: '', status, code, detail: '', advice: '', retryable, request_id: '', facts } as Problem)
}

let sent: { key: string; body: unknown }[] = []
let outcome: () => Promise<unknown>
let found: () => Promise<unknown>

beforeEach(async () => {
  sent = []
  outcome = async () => ({ ok: true })
  found = async () => null
  sends(
    'TEST',
    (intent) => {
      sent.push({ key: intent.key, body: intent.body })
      return outcome()
    },
    () => found(),
  )
  await show(ME)
  for (const row of [...intents.value]) {
    outcome = async () => ({})
    await sendIntent(row.key)
    await forgetIntent(row.key)
  }
  sent = []
})

describe('an intent', () => {
  it('is kept before anything is sent, and sends nothing by itself', async () => {
    const intent = await intend(wish)
    expect(intent.state).toBe('draft')
    expect(intents.value.map((row) => row.key)).toEqual([intent.key])
    expect(sent).toEqual([])
  })

  it('does not follow a form that is changed afterwards', async () => {
    const body = { amount_fen: 100 }
    const intent = await intend({ ...wish, body })
    body.amount_fen = 999
    await sendIntent(intent.key)
    expect(sent).toEqual([{ key: intent.key, body: { amount_fen: 100 } }])
  })

  it.each([
    ['no answer', new Unreached()],
    ['a failure of the server', problem(500, true)],
    ['too many requests', problem(429, false)],
    ['a gateway that waited too long', problem(504, false)],
    ['the same key in progress', problem(409, true, 'IN_PROGRESS')],
    ['something of ours that broke', new TypeError('of ours')],
  ])('is unknown after %s, and sent again with the same key and body', async (_, trouble) => {
    const intent = await intend(wish)
    outcome = async () => Promise.reject(trouble)
    expect((await sendIntent(intent.key)).state).toBe('unknown')
    outcome = async () => ({ order: 1 })
    const again = await sendIntent(intent.key)
    expect(again.state).toBe('done')
    expect(sent[0]).toEqual(sent[1])
  })

  it('is rejected by a refusal that is final, and is not sent any more', async () => {
    const intent = await intend(wish)
    outcome = async () => Promise.reject(problem(422, false, 'AMOUNT_WRONG'))
    expect((await sendIntent(intent.key)).state).toBe('rejected')
    expect((await sendIntent(intent.key)).problem?.code).toBe('AMOUNT_WRONG')
    expect(sent).toHaveLength(1)
  })

  it('that is unknown can be neither forgotten nor wiped', async () => {
    const intent = await intend(wish)
    outcome = async () => Promise.reject(new Unreached())
    await sendIntent(intent.key)
    await forgetIntent(intent.key)
    await wipe(ME)
    await show(ME)
    expect(intents.value.map((row) => row.state)).toEqual(['unknown'])
  })

  it('that was found is done; that nobody knows of stays unknown, and nothing is sent by asking', async () => {
    const intent = await intend(wish)
    outcome = async () => Promise.reject(new Unreached())
    await sendIntent(intent.key)
    expect((await findIntent(intent.key)).state).toBe('unknown')
    found = async () => ({ order: 7 })
    expect(await findIntent(intent.key)).toMatchObject({ state: 'done', answer: { order: 7 } })
    expect(sent).toHaveLength(1)
  })

  it('is not sent by two tabs at once', async () => {
    const intent = await intend(wish)
    let end: (told: unknown) => void = () => undefined
    outcome = () => new Promise((done) => (end = done))
    const first = sendIntent(intent.key)
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    await expect(sendIntent(intent.key)).rejects.toBeInstanceOf(SentElsewhere)
    end({ order: 1 })
    expect((await first).state).toBe('done')
    expect(sent).toHaveLength(1)
  })

  it('that two tabs, or two taps, wish at once is one', async () => {
    const since = Date.now()
    const [first, second] = await Promise.all([intendOnce(wish, since), intendOnce(wish, since)])
    expect(second.key).toBe(first.key)
    await sendIntent(first.key)
    expect((await intendOnce(wish, since)).key).toBe(first.key)
    expect(intents.value).toHaveLength(1)
  })

  it('is another one for another amount, for another person, and after a refusal', async () => {
    const since = Date.now()
    const first = await intendOnce(wish, since)
    expect((await intendOnce({ ...wish, body: { amount_fen: 200 } }, since)).key).not.toBe(first.key)
    expect((await intendOnce({ ...wish, personId: 'cus_THIRD' }, since)).key).not.toBe(first.key)
    outcome = async () => Promise.reject(problem(422, false, 'PRICE_CHANGED'))
    await sendIntent(first.key)
    expect((await intendOnce(wish, since)).key).not.toBe(first.key)
  })

  it('whose outcome is open stands for the same wish however late; one that is done does not, once it is confirmed anew', async () => {
    const first = await intendOnce(wish, Date.now())
    outcome = async () => Promise.reject(new Unreached())
    await sendIntent(first.key)
    const later = Date.now() + 1
    expect((await intendOnce(wish, later)).key).toBe(first.key)
    outcome = async () => ({ ok: true })
    await sendIntent(first.key)
    expect((await intendOnce(wish, later)).key).not.toBe(first.key)
  })

  it('is seen by its owner alone, and a draft goes at the sign-out', async () => {
    await intend(wish)
    await show('cus_OTHER')
    expect(intents.value).toEqual([])
    await wipe(ME)
    await show(ME)
    expect(intents.value).toEqual([])
  })
})
