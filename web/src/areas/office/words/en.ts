/** The words of the back office. */
import type { OfficeWords } from './zh.ts'

const en: OfficeWords = {
  places: { dashboard: 'Overview', approvals: 'Approvals' },
  approvals: { title: 'Approvals', nothing: 'Nothing waits for you', asked: 'Asked by', kind: 'Kind', amount: 'Amount', since: 'Since' },
}

export default en
