/** The words of the demonstration. */
import type { DemoWords } from './zh.ts'

const en: DemoWords = {
  title: 'How it works', mark: 'Demonstration · sample data · nothing is sent or charged', place: (now, all) => `Step ${now} of ${all}`, previous: 'Back', next: 'Next', finish: 'Finish', leave: 'Leave the demonstration', notPaid: 'This is a demonstration: nothing was paid or ordered.',
  steps: [
    { title: 'Card and balance', text: 'The first page shows what you can use. What a pump holds stands apart.' },
    { title: 'Top up', text: 'Your usual amounts come first. Choose one and continue.' },
    { title: 'How far an order is', text: 'Each step has its time, and you read where the money is. Without an answer it says “outcome unknown”, never “failed”.' },
    { title: 'Number and secret', text: 'The secret of a plastic card is shown once, then hidden.' },
    { title: 'Refund', text: 'You see how much comes back and from which card before you confirm.' },
  ],
  tryConfirm: 'Continue', unknown: 'Show it without an answer', known: 'Show it completed', show: 'Show it once',
}

export default en
