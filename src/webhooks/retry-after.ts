/** How long a receiver wants to be left alone (RFC 9110, Retry-After). */

/** Milliseconds from `now`, from seconds or from a date; `undefined` for anything else. */
export const readRetryAfter = (value: string | undefined, now: number): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return /GMT$/.test(value) && !Number.isNaN(at) ? Math.max(at - now, 0) : undefined
}
