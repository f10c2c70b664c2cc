/** Roles: which ones are there in the office? */

export const ROLES = ['admin', 'auditor', 'finance', 'ops', 'risk', 'support'] as const
export type Role = (typeof ROLES)[number]
