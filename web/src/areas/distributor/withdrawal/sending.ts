/** Withdrawals as intents: a key before any network, a confirmation of just this payee, amount and key, and the
 * withdrawal's id made of the key, so that a lost answer can be asked for. */
import { answer, api, keyed, type Schemas } from '@/shared/api/client.ts'
import { Refused } from '@/shared/api/problem.ts'
import { intendOnce, sends, type Intent } from '@/shared/outbox/intents.ts'

export type Challenge = Schemas['ChallengeView']
export type Withdrawal = Schemas['WithdrawalView']

export const WITHDRAWAL = 'WITHDRAWAL'

/** Confirmations are of this page alone: they are good for minutes, and never kept. */
const confirmations = new Map<string, string>()

export function withdrawalId({ key, personId }: Pick<Intent, 'key' | 'personId'>): string {
  return `wdr_${personId.slice('cus_'.length)}${key}`
}

sends(
  WITHDRAWAL,
  ({ key, body }) => {
    const header = { ...keyed(key), Confirmation: confirmations.get(key) ?? '' }
    return answer(api.POST('/v1/withdrawals', { body: body as Schemas['AskWithdrawal'], params: { header } }))
  },
  async (intent) => {
    try {
      return await read(withdrawalId(intent))
    } catch (trouble) {
      if (trouble instanceof Refused && trouble.code === 'WITHDRAWAL_UNKNOWN') return null
      throw trouble
    }
  },
)

export function read(withdrawal_id: string): Promise<Withdrawal> {
  return answer(api.GET('/v1/withdrawals/{withdrawal_id}', { params: { path: { withdrawal_id } } }))
}

/** One wish for one amount since the page was opened (`since`): a double tap is one. */
export function wish(personId: string, amountFen: number, about: string, since: number): Promise<Intent> {
  return intendOnce({ personId, kind: WITHDRAWAL, body: { amount_fen: amountFen }, amountFen, about }, since)
}

/** What is to be read before anybody agrees: payee and amount, as the server knows them. */
export function challengeOf({ key, amountFen }: Pick<Intent, 'key' | 'amountFen'>): Promise<Challenge> {
  return answer(api.POST('/v1/me/challenges/withdrawal', { body: { operation_key: key, amount_fen: amountFen } }))
}

/** The confirmation of what a challenge shows, for whoever shows the second factor. */
export async function confirmed(challenge: string, secondFactor: string): Promise<string> {
  const body = { challenge, second_factor: secondFactor }
  return (await answer(api.POST('/v1/me/confirmations', { body }))).confirmation
}

export function carryConfirmation(key: string, confirmation: string): void {
  confirmations.set(key, confirmation)
}
