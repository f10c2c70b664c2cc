import { expect, it } from 'vitest'

import { rowsOf } from './rows.ts'

it('assets come first, and an account with nothing on it is left out', () => {
  const rows = rowsOf({ 'I:FEE': -5, 'L:TAX_IIT': 0, 'A:CHANNEL:sandbox': 19_900, 'A:BANK_OPER': 1, 'Q:OPENING': -7 })
  expect(rows.map(({ account }) => account)).toEqual(['A:BANK_OPER', 'A:CHANNEL:sandbox', 'I:FEE', 'Q:OPENING'])
})
