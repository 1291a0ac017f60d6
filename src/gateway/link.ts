/** Where the next page of a list is (RFC 8288). */

/** The `Link` header; none where no rows are left. `raw` are the parameters of this page. */
export const linkTo = (path: string, raw: Record<string, string>, cursor: string | null): Record<string, string> => {
  if (cursor === null) return {}
  const query = new URLSearchParams({ ...raw, cursor })
  return { Link: `<${path}?${query}>; rel="next"` }
}
