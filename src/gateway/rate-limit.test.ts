/** How often one may ask, on a clock that the test moves. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Access } from '../access/access.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createBuckets, rateHeaders } from './rate-limit.ts'
import { createTestGateway } from './test-gateway.ts'

suite('buckets', () => {
  const limit = { rate: 2, seconds: 5 }
  const takeAll = (buckets: ReturnType<typeof createBuckets>, whose: string): number => {
    let taken = 0
    while (buckets.take(whose).ok) taken++
    return taken
  }

  test('hold so many, and fill again with time', async () => {
    const clock = createVirtualClock({ start: 0 })
    const buckets = createBuckets(limit, clock)
    assert.equal(takeAll(buckets, 'a'), 10)
    assert.equal(takeAll(buckets, 'b'), 10)
    await clock.advance(499)
    assert.deepEqual(buckets.take('a'), { ok: false, waitS: 1 })
    await clock.advance(1)
    assert.deepEqual(buckets.take('a'), { ok: true, left: 0 })
    await clock.advance(60_000)
    assert.equal(takeAll(buckets, 'a'), 10)
  })

  test('are not kept without end, and the busiest is', () => {
    const buckets = createBuckets(limit, createVirtualClock({ start: 0 }))
    takeAll(buckets, 'busy')
    for (let n = 0; n < 30_000; n++) {
      buckets.take(`address ${n}`)
      if (n % 1000 === 0) assert.equal(buckets.take('busy').ok, false)
    }
    assert.equal(buckets.take('address 0').ok, true)
  })

  test('headers tell the limit, what is left, and how long to wait', () => {
    assert.deepEqual(rateHeaders(limit, { ok: true, left: 7 }), {
      'RateLimit-Policy': '"requests";q=10;w=5',
      RateLimit: '"requests";r=7;t=2',
    })
    assert.deepEqual(rateHeaders(limit, { ok: false, waitS: 1 }), {
      'RateLimit-Policy': '"requests";q=10;w=5',
      RateLimit: '"requests";r=0;t=1',
      'Retry-After': '1',
    })
  })
})

suite('a gateway with a limit', () => {
  const access: Access = {
    isOn: () => true,
    callerWith: key => (/^[ab]$/.test(key) ? { name: key, role: 'operator' } : undefined),
  }
  const limited = (more: { trustProxy?: boolean } = {}, whom = access) => {
    const gateway = createTestGateway({}, { rateLimit: 2, ...more }, whom)
    const ask = (key: string | undefined, headers: Record<string, string> = {}) =>
      gateway.get(
        '/v1/money/balance?user_id=1',
        key === undefined ? headers : { ...headers, authorization: `Bearer ${key}` },
      )
    const statuses = async (count: number, key?: string, headers: Record<string, string> = {}) => {
      const all = new Map<number, number>()
      for (let n = 0; n < count; n++) {
        const { status } = await ask(key, headers)
        all.set(status, (all.get(status) ?? 0) + 1)
      }
      return Object.fromEntries(all)
    }
    return { ...gateway, ask, statuses }
  }

  test('gives each key its own bucket of ten seconds’ worth, then 429 with what to do', async () => {
    const { statuses, ask, clock } = limited()
    // The clock of this gateway moves on with each request, a few milliseconds.
    const { 200: ok = 0, 429: no = 0 } = await statuses(40, 'a')
    assert.ok(ok >= 20 && ok < 25 && ok + no === 40, `${ok} of 40`)
    const refused = await ask('a')
    assert.equal(refused.status, 429)
    assert.equal(((await refused.json()) as { code: string }).code, 'rate_limited')
    assert.equal(refused.headers.get('retry-after'), '1')
    assert.match(refused.headers.get('ratelimit') ?? '', /^"requests";r=0;t=1$/)
    assert.equal((await ask('b')).status, 200)
    await clock.advance(1000)
    const again = await ask('a')
    assert.equal(again.status, 200)
    assert.match(again.headers.get('ratelimit-policy') ?? '', /^"requests";q=20;w=10$/)
  })

  test('counts those who guess by their address, and lets the others in', async () => {
    const { statuses, ask } = limited()
    const { 401: no = 0, 429: often = 0 } = await statuses(40, 'guess')
    assert.ok(no >= 20 && often > 10, `${no} and ${often}`)
    assert.equal((await ask(undefined)).status, 429)
    assert.equal((await ask('a')).status, 200)
  })

  test('behind a proxy, the address is what that added last', async () => {
    const { statuses, ask } = limited({ trustProxy: true })
    await statuses(40, 'guess', { 'x-forwarded-for': '6.6.6.6, 1.1.1.1' })
    assert.equal((await ask('guess', { 'x-forwarded-for': '9.9.9.9, 1.1.1.1' })).status, 429)
    assert.equal((await ask('guess', { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' })).status, 401)
  })

  test('who changes between the addresses of one IPv6 network is one', async () => {
    const { ask } = limited({ trustProxy: true })
    const from = async (address: string) => (await ask('guess', { 'x-forwarded-for': address })).status
    for (let n = 0; n < 40; n++) await from(`2001:db8:1:2::${n.toString(16)}`)
    assert.equal(await from('2001:db8:1:2:aaaa::1'), 429)
    assert.equal(await from('2001:db8:1:3::1'), 401)
  })

  test('limits nobody while there are no keys', async () => {
    const { statuses } = limited({}, { isOn: () => false, callerWith: () => undefined })
    assert.deepEqual(await statuses(60), { 200: 60 })
  })
})
