/** The reports of three test runners, as they were written for the same tests. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readJunit } from './junit.ts'

const reports = {
  Node: `<testsuites>
    <testsuite name="a store" time="0.1" tests="3" failures="1" skipped="1">
      <testsuite name="opened twice" tests="1">
        <testcase name="is &quot;locked&quot; &amp; said" time="0.1" classname="test"/>
      </testsuite>
      <testcase name="is closed" time="0.1" classname="test" failure="no">
        <failure type="testCodeFailure" message="no">[Error: no] { a: 'b' }</failure>
      </testcase>
      <testcase name="is full" time="0" classname="test"><skipped type="skipped" message="true"/></testcase>
    </testsuite></testsuites>`,
  Deno: `<testsuites name="deno test" tests="5">
    <testsuite name="./src/store.test.ts" tests="1">
      <testcase name="a store" classname="./src/store.test.ts"><failure message="Uncaught">1 test step failed.</failure></testcase>
    </testsuite>
    <testsuite name="ext:core/01_core.js" tests="4">
      <testcase name="a store &gt; opened twice" classname="ext:core/01_core.js"></testcase>
      <testcase name="a store &gt; opened twice &gt; is &quot;locked&quot; &amp; said"></testcase>
      <testcase name="a store &gt; is closed"><failure message="no">Error: no</failure></testcase>
      <testcase name="a store &gt; is full"><skipped/></testcase>
    </testsuite></testsuites>`,
  Bun: `<testsuites name="bun test" tests="3">
    <testsuite name="src/store.test.ts" file="src/store.test.ts">
      <testsuite name="a store" line="3">
        <testsuite name="opened twice" line="4">
          <testcase name="is &quot;locked&quot; &amp; said" classname="opened twice &gt; a store" />
        </testsuite>
        <testcase name="is closed" classname="a store"><failure type="Error" message="no"></failure></testcase>
        <testcase name="is full" classname="a store"><skipped /></testcase>
      </testsuite>
    </testsuite></testsuites>`,
}

describe('a report', () => {
  for (const [runtime, xml] of Object.entries(reports))
    it(`of ${runtime} tells each test by its whole name, and suites not at all`, () => {
      assert.deepEqual(
        readJunit(xml).map(({ name, outcome }) => [name, outcome]),
        [
          ['a store > opened twice > is "locked" & said', 'passed'],
          ['a store > is closed', 'failed'],
          ['a store > is full', 'skipped'],
        ],
      )
    })

  it('tells why a test failed', () => {
    const why = Object.values(reports).map(xml => readJunit(xml).find(({ outcome }) => outcome === 'failed')?.why)
    assert.deepEqual(why, ["no\n[Error: no] { a: 'b' }", 'no\nError: no', 'no'])
  })

  it('writes a name in one form: Node escapes quotes twice and drops new lines, Deno writes them as \\n', () => {
    const names = ['{ &amp;quot;a&amp;quot;}', '{\\n &quot;a&quot;}', '{\n &quot;a&quot;}'].map(
      name => readJunit(`<testcase name="${name}"/>`)[0]?.name,
    )
    assert.deepEqual(names, ['{ "a"}', '{ "a"}', '{ "a"}'])
  })

  it('tells of a suite whose own hook failed: none of its tests did', () => {
    const xml = `<testcase name="a shop"><failure message="no broker"/></testcase><testcase name="a shop &gt; opens"/>`
    assert.deepEqual(
      readJunit(xml).map(({ name, outcome }) => [name, outcome]),
      [
        ['a shop', 'failed'],
        ['a shop > opens', 'passed'],
      ],
    )
  })
})
