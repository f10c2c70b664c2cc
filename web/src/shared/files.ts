/** Files: how does something that was read become a file of the person's own? */

export function save(name: string, content: string | Blob, type = 'application/octet-stream'): void {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
