/** Which archive of the release is for which system. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveName } from './release.ts'

describe('the release of nats-server', () => {
  const systems: [NodeJS.Platform, NodeJS.Architecture, RegExp][] = [
    ['linux', 'x64', /-linux-amd64\.tar\.gz$/],
    ['linux', 'arm64', /-linux-arm64\.tar\.gz$/],
    ['darwin', 'arm64', /-darwin-arm64\.tar\.gz$/],
    ['win32', 'x64', /-windows-amd64\.zip$/],
  ]
  for (const [platform, arch, name] of systems) {
    it(`has an archive for ${platform} on ${arch}`, () => assert.match(archiveName(platform, arch), name))
  }

  it('says so where there is no build', () => {
    assert.throws(() => archiveName('sunos', 'x64'), /there is no build for sunos-x64/)
  })
})
