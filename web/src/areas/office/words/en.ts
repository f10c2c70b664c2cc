/** The words of the frame of the back office; each screen has its own beside it. */
import type { OfficeWords } from './zh.ts'

const en: OfficeWords = {
  groups: { work: 'Work', cards: 'Cards and products', orders: 'Orders and top-ups', people: 'Customers', distribution: 'Distribution', finance: 'Finance', risk: 'Risk', system: 'System' },
  places: {
    overview: 'Overview',
    approvals: 'Approvals',
    products: 'Products and stock',
    batches: 'Batches',
    orders: 'Orders',
    refunds: 'Refunds by hand',
    people: 'Customers',
    distribution: 'Distributors',
    plans: 'Commission plans',
    withdrawals: 'Withdrawals',
    ledger: 'Ledger',
    reconciliation: 'Reconciliation',
    findings: 'Findings',
    alerts: 'Alerts',
    parameters: 'Parameters',
    staff: 'Staff and roles',
    reads: 'Read audit',
    archive: 'Archive',
  },
  roles: { admin: 'Admin', auditor: 'Auditor', finance: 'Finance', ops: 'Operations', risk: 'Risk', support: 'Support' },
  and: ', ',
  stages: { local: 'Local sandbox', dev: 'Development', prod: 'Production' },
  notForYou: { title: 'Not a page of your roles', about: (roles) => `This page is for: ${roles}. Ask an admin if you need it.` },
  fourEyes: {
    mine: 'Asked by you: another person must decide',
    agreed: 'You agreed: another person must decide as well',
    approvedByMe: 'You approved it: another person must pay it',
  },
  decide: { reason: 'Reason', reasonHint: '2 to 200 letters, kept for good.', missing: { choice: 'Choose one', reason: 'Say why, in two letters at least', detail: 'Say by what' } },
  totals: { page: (count) => `This page: ${count}`, all: (count) => `All: ${count}`, soFar: 'There are more to load' },
  views: {
    view: 'View', usual: 'As it comes', save: 'Save the view', title: 'Save as a view', about: 'Gives the filters and columns of now a name. Views are kept on this device, and are yours alone.', name: 'Name', missing: 'Give it a name', keep: 'Save', mine: 'Saved views',
    full: 'There are 20 views already: remove one first.', remove: (name) => `Remove the view ${name}`,
  },
  unknownAdvice: 'It was sent but no answer came back; it may have been done. Ask for the outcome first, do not do it again.',
  me: 'Me',
}

export default en
