/** Where the next page of a list is (RFC 8288). */
import { pathFields } from './route.ts'

/** The `Link` header; none where no rows are left. `raw` are the parameters of this page, those in the path too. */
export const linkTo = (path: string, raw: Record<string, string>, cursor: string | null): Record<string, string> => {
  if (cursor === null) return {}
  const query = new URLSearchParams({ ...raw, cursor })
  let here = path
  for (const name of pathFields(path)) {
    here = here.replace(`:${name}`, encodeURIComponent(raw[name] ?? ''))
    query.delete(name)
  }
  return { Link: `<${here}?${query}>; rel="next"` }
}
