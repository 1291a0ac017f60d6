/** Rows as CSV, and who gets them. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { csvOf, prefersCsv } from './csv.ts'

suite('CSV', () => {
  test('has a line of names, then a line a row, each ended by CRLF', () => {
    const rows = [
      { id: '1', amount: '99.90', at: null },
      { id: '2', amount: '1', at: '2023-09-07T14:30:00Z' },
    ]
    assert.equal(csvOf(['id', 'amount', 'at'], rows), 'id,amount,at\r\n1,99.90,\r\n2,1,2023-09-07T14:30:00Z\r\n')
  })

  test('of no rows is its line of names', () => assert.equal(csvOf(['id', 'amount'], []), 'id,amount\r\n'))

  for (const [value, shown] of [
    ['=1+1', "'=1+1"],
    ['+7', "'+7"],
    ['-7', "'-7"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['1=1', '1=1'],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\nb', '"a\nb"'],
    ['=a,"b"', `"'=a,""b"""`],
    [-7, "'-7"],
    [0, '0'],
    [undefined, ''],
  ] as const)
    test(`shows ${JSON.stringify(value)} as ${JSON.stringify(shown)}`, () =>
      assert.equal(csvOf(['x'], [{ x: value }]), `x\r\n${shown}\r\n`))
})

suite('an Accept header', () => {
  for (const [accept, csv] of [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['application/json', false],
    ['text/csv', true],
    ['TEXT/CSV; header=present', true],
    ['text/csv, */*;q=0.1', true],
    ['text/csv;q=0.5, application/json', false],
    ['text/csv, application/json', false],
    ['text/csv;q=0', false],
    ['text/csv;q=x', false],
    ['text/*', false],
  ] as const)
    test(`${JSON.stringify(accept)} wishes ${csv ? 'CSV' : 'JSON'}`, () => assert.equal(prefersCsv(accept), csv))
})
