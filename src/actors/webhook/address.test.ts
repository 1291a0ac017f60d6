/** Where a webhook may go: address by address. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isAddress, isLoopbackAddress, isPublicAddress } from './address.ts'

const open = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1']
const openV6 = ['2606:4700:4700::1111', '2a00:1450:4010:c0e::71', '2001:4860:4860::8888', '2003::1']

const closed: [what: string, addresses: string[]][] = [
  ['this network', ['0.0.0.0', '0.1.2.3']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
  ['private networks', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1']],
  ['shared networks of providers', ['100.64.0.1', '100.127.255.255']],
  ['the link, with the clouds’ metadata', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'febf::1']],
  ['protocols and measurements', ['192.0.0.170', '198.18.0.1', '198.19.255.255', '192.88.99.1']],
  ['documentation', ['192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1']],
  ['many at once, and what is reserved', ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1']],
  ['unique local and site local', ['fc00::1', 'fd12:3456::1', 'fec0::1']],
  ['none', ['::', '100::1']],
  [
    'IPv4 in IPv6: mapped, compatible, translated',
    ['::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:8.8.8.8'],
  ],
  ['NAT64', ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1']],
  ['6to4 and Teredo', ['2002:7f00:1::', '2001:0:53aa:64c::1']],
]

const noAddresses = [
  '',
  'localhost',
  '1.1.1',
  '1.1.1.1.1',
  '01.1.1.1',
  '0x7f.1',
  '256.1.1.1',
  '1::2::3',
  ':::',
  '1:2:3:4:5:6:7',
  '12345::',
  'fe80::1%eth0',
  '::ffff:1.1.1',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
]

describe('an address that a webhook may go to', () => {
  for (const address of [...open, ...openV6]) it(`is ${address}`, () => assert.equal(isPublicAddress(address), true))
})

describe('an address that a webhook may not go to', () => {
  for (const [what, addresses] of closed)
    it(`is one of ${what}: ${addresses.join(', ')}`, () =>
      assert.deepEqual(
        addresses.filter(address => isPublicAddress(address)),
        [],
      ))

  it('is none that cannot be read', () =>
    assert.deepEqual(
      noAddresses.filter(text => isAddress(text) || isPublicAddress(text)),
      [],
    ))
})

describe('an address of this machine', () => {
  it('is 127.… and ::1, in any spelling', () =>
    assert.ok(['127.0.0.1', '127.8.9.1', '::1', '0:0:0:0:0:0:0:1'].every(isLoopbackAddress)))

  it('is no other', () =>
    assert.ok(!['0.0.0.0', '10.0.0.1', '::', '::ffff:127.0.0.1', 'localhost', '128.0.0.1'].some(isLoopbackAddress)))
})
