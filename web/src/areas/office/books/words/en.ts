/** The words of the platform's accounts. */
import type { BooksWords } from './zh.ts'

const en: BooksWords = {
  title: 'Platform accounts',
  help: ['What stood on the platform’s own accounts at the end of a business date; an account shows its lines of that day, and each can be followed.', 'A posting by hand is one of a few kinds, and is booked when two others have agreed.'],
  day: 'Business date',
  dayHint: 'Balances are there when the day is closed',
  account: 'Account',
  none: 'This day is not closed yet',
  noneAdvice: 'Balances come when it is closed; choose an account below for its lines of the day.',
  another: 'Lines of the day',
  choose: 'Choose an account',
  post: 'Post by hand',
  postAbout: 'Say which kind, how much and why; it is booked when two others have agreed under “Approvals”.',
  send: 'Ask for it',
  template: 'Kind',
  templates: { SUPPLIER_PREPAY: 'Prepayment to an oil company', CHANNEL_FEE_RAISED: 'Channel fee raised', CHANNEL_FEE_LOWERED: 'Channel fee lowered', TAX_REMITTED: 'Income tax remitted' },
  amount: 'Amount (yuan)',
  owner: 'Oil company or channel',
  ownerHint: 'Its code, such as oil or sandbox',
}

export default en
