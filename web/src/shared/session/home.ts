/** Home: which area does somebody begin in? */

/** Everybody but customers and those with a place in the tree is of the office. */
export function isOfOffice(roles: Iterable<string>): boolean {
  return [...roles].some((role) => role !== 'customer' && role !== 'distributor')
}

export function homeOf(roles: Iterable<string>): string {
  return isOfOffice(roles) ? '/office' : '/home'
}
