/** Reading the report of Schemathesis: what is a finding, and what no schema could have told. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readVerdict } from './schemathesis-report.ts'

const bytes = (text: string) => ({ $base64: Buffer.from(text).toString('base64') })
const START = { Initialize: { schemathesis_version: '4.32.5' } }
const END = { EngineFinished: { stop_reason: 'completed' } }

type Asked = { check?: string; sent?: string; status: number; said?: string; label?: string; path?: string }

/** A report of one request, on which `check` failed. */
const failing = ({
  check = 'positive_data_acceptance',
  sent = '',
  status,
  said = '{}',
  label = 'POST /x',
  path = '/x',
}: Asked) => ({
  ScenarioFinished: {
    recorder: {
      label,
      checks: {
        a: [
          { name: 'not_a_server_error', status: 'success' },
          { name: check, status: 'failure', failure_info: { failure: { title: 'No', message: 'why\n it is wrong' } } },
        ],
      },
      interactions: {
        a: {
          request: { method: 'POST', uri: `http://127.0.0.1:1${path}`, body: bytes(sent) },
          response: { status_code: status, content: bytes(said) },
        },
      },
    },
  },
})
const read = (...events: object[]) => readVerdict(events.map(event => `${JSON.stringify(event)}\n`).join(''))

suite('the report of Schemathesis', () => {
  test('counts requests and checks, and a scenario without any', () => {
    const none = { ScenarioFinished: { recorder: { label: 'GET /none' } } }
    const { version, operations, requests, checks } = read(START, none, failing({ status: 500 }), END)
    assert.deepEqual([version, operations, requests], ['4.32.5', 1, 1])
    assert.deepEqual(checks, { not_a_server_error: 1, positive_data_acceptance: 1 })
  })

  test('a failed check is a finding, told once for each operation with what was asked and said', () => {
    const { findings } = read(START, failing({ status: 500, said: 'oh' }), failing({ status: 500 }), END)
    assert.equal(findings.length, 1)
    assert.match(findings[0] ?? '', /No: why it is wrong\n {4}POST \/x: POST http:.*\n {4}500 oh$/)
  })

  const excused: Record<string, Asked> = {
    'as things stand (422)': { status: 422 },
    'another version than there is (412)': { status: 412 },
    'no cursor that was given out': { status: 400, said: 'cursor: should be what next_cursor gave' },
    'more than two decimals': { status: 400, sent: '{"amount":5e-324}', said: 'with at most two decimals' },
    'a whole number with a point or an exponent': { status: 400, sent: '{"quantity":3.0}' },
  }
  for (const [reason, asked] of Object.entries(excused))
    test(`${reason}: a refusal of what fits the schema is counted, and no finding`, () => {
      const { excused, findings } = read(START, failing(asked), END)
      assert.deepEqual([excused, findings], [{ [reason]: 1 }, []])
    })

  test('nothing else is excused: another status, another check, another refusal', () => {
    const sent = '{"quantity":3.0}'
    for (const asked of [
      { status: 500, sent },
      { status: 400, sent, check: 'ignored_auth' },
      { status: 400, sent: '3' },
    ])
      assert.equal(read(START, failing(asked), END).findings.length, 1)
  })

  test('a path that a question mark cut off is another address', () => {
    const asked = { check: 'status_code_conformance', status: 405, label: 'POST /x/{id}/replay' }
    assert.deepEqual(read(START, failing({ ...asked, path: '/x/a?b/replay' }), END).findings, [])
    assert.equal(read(START, failing({ ...asked, path: '/x/a/replay?b' }), END).findings.length, 1)
    assert.equal(read(START, failing({ ...asked, status: 500, path: '/x/a?b/replay' }), END).findings.length, 1)
  })

  test('a run that did not end, or had faults of its own, is no clean one', () => {
    assert.equal(read(START).findings.length, 1)
    assert.equal(read(START, { EngineFinished: { stop_reason: 'interrupted' } }).findings.length, 1)
    assert.equal(read(START, { NonFatalError: { message: 'no' } }, END).findings.length, 1)
  })
})
