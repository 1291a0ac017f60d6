/** Which addresses count as one. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { networkOf } from './network-of.ts'

const CASES: [address: string, network: string][] = [
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['', ''],
]

suite('the network of an address', () => {
  for (const [address, network] of CASES)
    test(`of ${address === '' ? 'none' : address} is ${network}`, () => assert.equal(networkOf(address), network))
})
