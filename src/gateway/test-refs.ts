/** The references of a document that we derive. For tests only. */
import assert from 'node:assert/strict'

/** Every `$ref` leads to something in the document, and there are more than `fewest` of them. */
export const assertRefsLead = (document: unknown, fewest: number): void => {
  const refs = new Set(refsIn(document))
  assert.ok(refs.size > fewest)
  for (const ref of refs) {
    let at: unknown = document
    for (const key of ref.replace('#/', '').split('/')) at = (at as Record<string, unknown>)[key]
    assert.ok(at, ref)
  }
}

const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)))
}
