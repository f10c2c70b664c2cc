/** The words of the cards' pages. */
import type { CardWords } from './zh.ts'

const en: CardWords = {
  title: 'Cards', list: 'List of cards', empty: 'No cards yet', emptyAdvice: 'Buy an electronic card, or add the plastic one in your hand.', choose: 'Choose a card to see it', bind: 'Add a plastic card', past: 'Cards that are closed',
  help: 'Choose a card to see its balance and statement, to freeze it or to report it lost.',
  card: {
    title: 'Card', facts: 'About this card', balance: 'Balance in all', held: 'Held at a pump', state: 'State', cap: 'The most it may hold', room: 'Takes so much more', kind: 'Kind', number: 'Number', frozenBy: 'Frozen by', lostAt: 'Reported lost', statement: 'Statement',
    issuerHolds: 'Its balance is at the oil company', actions: 'Safety and service', help: 'A freeze of your own can be lifted at any time. A report of loss can be withdrawn for 24 hours; a replacement takes the balance over and the old card is void.',
    openReplacement: 'Show the new card', replaced: 'Its balance is on the new card',
  },
  freezers: { HOLDER: 'you', SUPPORT: 'support', RISK: 'our risk desk' },
  actions: {
    activate: 'Activate', freeze: 'Freeze', unfreeze: 'Lift the freeze', loss: 'Report lost', lossWithdrawal: 'I found it', replacement: 'Replace', topUp: 'Top up', reveal: 'Show number and secret', refund: 'Return',
  },
  asks: {
    freeze: { title: 'Freeze this card?', text: 'It cannot pay or be used; its balance stays. You can lift it at any time.', action: 'Freeze' },
    unfreeze: { title: 'Lift the freeze?', text: 'The card works again at once.', action: 'Lift the freeze' },
    loss: { title: 'Report this card lost?', text: 'It cannot be used; its balance stays. You can withdraw this for 24 hours; or replace the card, and the balance moves to the new one.', action: 'Report lost' },
    lossWithdrawal: { title: 'Withdraw the report?', text: 'Only if the card is in your hand again and never left it.', action: 'Withdraw the report' },
    replacement: { title: 'Replace this card?', text: 'All of its balance moves to a new card and the old one is void, for no fee. This cannot be undone.', action: 'Replace' },
  },
  officeFroze: (who) => `It was frozen by ${who}; please contact support.`,
  activate: { title: 'Activate this card', text: 'Scratch the field on the card and type the secret.', secret: 'Secret', action: 'Activate' },
  reveal: {
    title: 'Show number and secret', warning: 'They are shown once and never again to anybody, not even to support. Make sure that nobody looks on, that the network holds, and that you can note them down.', spent: 'A card whose secret was shown counts as used until its oil company says otherwise.', action: 'I understand, show them',
    number: 'Number', secret: 'Secret', hide: 'Hide', gone: 'Hidden. The secret is not shown again.', offline: 'You are offline. Wait for the network, so that what is shown is not lost.', lost: 'No answer came; the secret may count as shown. Look at the card again; if you never saw it, scratch the card or contact support.', left: (seconds) => `Hidden in ${seconds} s`,
  },
  bindPage: {
    title: 'Add a plastic card', text: 'Type the number on the card and the secret under its field; it then stands among your cards.', number: 'Card number', numberHint: '12 to 20 digits', secret: 'Secret', secretHint: 'Letters and digits under the field', action: 'Add the card',
    help: 'Number and secret are used to check the card and are not kept on this device. After too many wrong tries the card is locked for a day.', hint: 'There is no letter O, I or L and no digit 0 or 1 in a secret. The number is on the front. If it still fails, contact support with the card in your hand.', numberWrong: 'A card number is 12 to 20 digits', secretWrong: 'A secret is letters and digits only',
  },
  statement: {
    title: 'Statement', empty: 'Nothing has changed yet', credited: 'Credited', debited: 'Spent', refunded: 'Refund', stateOnly: (state) => `Now: ${state.toLowerCase()}`, order: 'Show the order', balance: 'Balance', held: 'Held', when: 'When', what: 'What', amount: 'Amount',
    held_delta: 'Held', topUp: 'Top-up', paid: 'Paid for', bought: 'New card', help: 'Every change of the card, the newest first.', caption: (last4) => `Statement of the card ending in ${last4}`,
  },
}

export default en
