/** The key of a form: the same while it says the same, so that a lost answer is asked for again and nothing is done twice. */
import { newKey } from './client.ts'

export function keyFor(): (body: unknown) => string {
  let kept = { told: '', key: '' }
  return (body) => {
    const told = JSON.stringify(body)
    if (told !== kept.told) kept = { told, key: newKey() }
    return kept.key
  }
}
