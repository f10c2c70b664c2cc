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
    books: 'Platform accounts',
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
  ask: { asked: 'Asked for; a colleague has to agree', seeRequest: 'Show the request', missing: 'Fill in what stands above' },
  changes: {
    title: 'History of changes',
    by: 'by',
    none: 'Nothing was changed',
    actions: {
      'person.register': 'Registered', 'person.enrol': 'Enrolled', 'person.name': 'Name corrected', 'person.phone': 'Phone changed', 'person.real_name': 'Real name confirmed', 'person.new_password': 'Password changed', 'person.consent': 'Consent given or withdrawn',
      'person.close': 'Closing asked for', 'person.keep': 'Closing taken back', 'person.delete': 'Deleted', 'person.bind': 'Referrer bound', 'person.import': 'Imported', 'person.unmask': 'Shown in clear',
      'distributor.join': 'Joined as a distributor', 'distributor.found': 'Tree begun', 'distributor.payee': 'Payee changed', 'distributor.state': 'State of the place changed', 'distributor.move': 'Moved in the tree', 'distributor.terms': 'Tier or tax method changed', 'distributor.limit': 'Limits raised',
      'grant.request': 'Role asked for', 'grant.approve': 'Role agreed to', 'grant.refuse': 'Role refused', 'grant.review': 'Role reviewed', 'grant.revoke': 'Role revoked', 'staff.invite': 'Invited', 'staff.code': 'Code sent again', 'staff.lock': 'Locked', 'staff.unlock': 'Unlocked',
    },
  },
  statement: { at: 'Time', change: 'Change', balance: 'Balance', record: 'From', none: 'Nothing changed', pots: { available_fen: 'Available', held_fen: 'Held', owed_fen: 'Owed', frozen_fen: 'Frozen' } },
  views: {
    view: 'View', usual: 'As it comes', save: 'Save the view', title: 'Save as a view', about: 'Gives the filters and columns of now a name. Views are kept on this device, and are yours alone.', name: 'Name', missing: 'Give it a name', keep: 'Save', mine: 'Saved views',
    full: 'There are 20 views already: remove one first.', remove: (name) => `Remove the view ${name}`,
  },
  unknownAdvice: 'It was sent but no answer came back; it may have been done. Ask for the outcome first, do not do it again.',
  me: 'Me',
}

export default en
