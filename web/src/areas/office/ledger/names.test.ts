import { describe, expect, it } from 'vitest'

import { accountName, actionName, ownerOf } from './names.ts'
import en from './words/en.ts'
import zh from './words/zh.ts'

describe('names of the ledger', () => {
  it('an account is called by its type, and whose it is stands beside', () => {
    expect(accountName('L:COMM_FROZEN:dst_1:20261208', zh)).toBe('冻结佣金')
    expect(ownerOf('L:COMM_FROZEN:dst_1:20261208')).toBe('dst_1:20261208')
    expect(ownerOf('E:PROMO')).toBe('')
  })

  it('what has no name yet is shown as it is', () => expect(actionName('NEW_THING', en)).toBe('NEW_THING'))

  it('both languages name the same accounts and actions', () => {
    expect(Object.keys(en.accounts)).toEqual(Object.keys(zh.accounts))
    expect(Object.keys(en.actions)).toEqual(Object.keys(zh.actions))
  })
})
