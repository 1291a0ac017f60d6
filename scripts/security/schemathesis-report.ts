/** What Schemathesis found: read off its report, a line of JSON an event. */

export type Verdict = {
  version: string
  operations: number
  requests: number
  /** How often each check was made. */
  checks: Record<string, number>
  /** A valid request that was refused for what no schema can tell beforehand; by the reason. */
  excused: Record<string, number>
  /** Each kind of finding once, with a request that shows it; above all `a run that did not end`. */
  findings: string[]
}

type Check = { name: string; status: string; failure_info?: { failure: { title: string; message: string } } }
type Interaction = {
  request: { method: string; uri: string; body?: { $base64: string } }
  response?: { status_code: number; content?: { $base64: string } }
}
type Scenario = {
  recorder: { label: string; checks?: Record<string, Check[]>; interactions?: Record<string, Interaction> }
}
type Event = {
  Initialize?: { schemathesis_version: string }
  ScenarioFinished?: Scenario
  NonFatalError?: unknown
  FatalError?: unknown
  Interrupted?: unknown
  EngineFinished?: { stop_reason: string }
}

type Refused = { status: number; said: string; sent: string; label: string }

/**
 * Refusals of what fits the schema, and that no schema could have told: by what was done before or given out, and by how
 * a number is written, where JSON Schema knows its value alone.
 */
const EXCUSES: Record<string, (refused: Refused) => boolean> = {
  'as things stand (422)': ({ status }) => status === 422,
  'another version than there is (412)': ({ status }) => status === 412,
  'no cursor that was given out': ({ said }) => said.includes('should be what next_cursor gave'),
  'more than was charged': ({ said }) => said.includes('which is what was charged'),
  'not the body of that dead letter': ({ label }) => label.endsWith('/redrive'),
  'a version that is there and is not': ({ said }) => said.includes('If-Match or If-None-Match, not both'),
  'more than two decimals': ({ said, sent }) => said.includes('at most two decimals') && /\d\.\d{3}|\de-/.test(sent),
  'a whole number with a point or an exponent': ({ sent }) => /\d(?:\.0|e\+?\d+)\b/i.test(sent),
}

/** Reads the whole report. Throws where a line is no event. */
export const readVerdict = (report: string): Verdict => {
  const verdict: Verdict = { version: '', operations: 0, requests: 0, checks: {}, excused: {}, findings: [] }
  const operations = new Set<string>()
  const kinds = new Set<string>()
  let end: string | undefined
  for (const line of report.split('\n').filter(line => line !== '')) {
    const event = JSON.parse(line) as Event
    if (event.Initialize) verdict.version = event.Initialize.schemathesis_version
    if (event.EngineFinished) end = event.EngineFinished.stop_reason
    for (const fault of [event.NonFatalError, event.FatalError, event.Interrupted])
      if (fault !== undefined) verdict.findings.push(`a fault of the run: ${JSON.stringify(fault).slice(0, 500)}`)
    if (!event.ScenarioFinished) continue

    const { label, checks = {}, interactions = {} } = event.ScenarioFinished.recorder
    const requests = Object.keys(interactions).length
    verdict.requests += requests
    if (requests > 0) operations.add(label)
    for (const [id, made] of Object.entries(checks))
      for (const check of made) {
        verdict.checks[check.name] = (verdict.checks[check.name] ?? 0) + 1
        if (check.status === 'success' || isElsewhere(label, interactions[id])) continue
        const excuse = excuseOf(check, label, interactions[id])
        if (excuse !== undefined) verdict.excused[excuse] = (verdict.excused[excuse] ?? 0) + 1
        else if (!kinds.has(`${check.name} ${label}`)) {
          kinds.add(`${check.name} ${label}`)
          verdict.findings.push(tell(check, label, interactions[id]))
        }
      }
  }
  verdict.operations = operations.size
  if (end !== 'completed') verdict.findings.push(`a run that did not end (${end})`)
  return verdict
}

// It lets a `?` into a path, from which on all is query: what is left may be another address, with methods of its own.
const isElsewhere = (label: string, interaction: Interaction | undefined): boolean => {
  const [, template = ''] = label.split(' ')
  const { request, response } = interaction ?? {}
  if (response?.status_code !== 404 && response?.status_code !== 405) return false
  return segmentsOf(new URL(request?.uri ?? '', 'http://localhost').pathname) !== segmentsOf(template)
}

const segmentsOf = (path: string): number => path.split('/').filter(part => part !== '').length

const excuseOf = ({ name }: Check, label: string, interaction: Interaction | undefined): string | undefined => {
  const { request, response } = interaction ?? {}
  const status = response?.status_code ?? 0
  if (name !== 'positive_data_acceptance' || ![400, 412, 422].includes(status)) return undefined
  const refused = { status, said: textOf(response?.content), sent: textOf(request?.body), label }
  return Object.keys(EXCUSES).find(reason => EXCUSES[reason]?.(refused))
}

const tell = ({ name, failure_info }: Check, label: string, interaction: Interaction | undefined): string => {
  const { request, response } = interaction ?? {}
  const { title = '', message = '' } = failure_info?.failure ?? {}
  return [
    `${name}: ${title}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`,
    `${label}: ${request?.method} ${request?.uri} ${textOf(request?.body).slice(0, 300)}`,
    `${response?.status_code} ${textOf(response?.content).slice(0, 400)}`,
  ].join('\n    ')
}

const textOf = (bytes: { $base64: string } | undefined): string =>
  Buffer.from(bytes?.$base64 ?? '', 'base64').toString()
