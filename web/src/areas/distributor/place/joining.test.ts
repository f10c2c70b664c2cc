import { describe, expect, it } from 'vitest'

import { codeIn } from './joining.ts'

describe('an invite code', () => {
  it.each([
    ['BWUTGH92TY75', 'BWUTGH92TY75'],
    [' bwut gh92-ty75 ', 'BWUTGH92TY75'],
    ['http://localhost:8420/join/BWUTGH92TY75', 'BWUTGH92TY75'],
    ['BWUTGH92TY7', ''],
    ['BWUTGH92TY70', ''],
    ['', ''],
  ])('in "%s" is "%s"', (typed, code) => expect(codeIn(typed)).toBe(code))
})
