/** A no that a client will read, thrown by whoever finds it. */
import type { FieldFault, ProblemCode, Refusal } from '../bus/problem.ts'

/** Ends a request with the problem document of `refusal`; `headers` go with it. */
export class Refused extends Error {
  override name = 'Refused'
  readonly refusal: Refusal
  readonly headers: Record<string, string>
  constructor(refusal: Refusal, headers: Record<string, string> = {}) {
    super(refusal.detail)
    this.refusal = refusal
    this.headers = headers
  }
}

/** A refusal in one line. */
export const refuse = (code: ProblemCode, detail: string, errors?: FieldFault[]): Refused =>
  new Refused(errors ? { code, detail, errors } : { code, detail })
