/** Choosing a port, and saying who has it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { PlainFault } from '../exit.ts'
import { anyFreePort, choosePort } from './ports.ts'

const host = '127.0.0.1'

describe('choosing a port', () => {
  let holder: Server
  let taken: number
  let lines: string[]
  const choose = (port: number, asked: boolean) => {
    lines = []
    return choosePort({ host, port, asked, purpose: 'the gateway', variable: 'KASSA_PORT' }, line => lines.push(line))
  }

  before(async () => {
    taken = await anyFreePort(host)
    holder = createServer().listen(taken, host)
    await once(holder, 'listening')
  })
  after(() => holder.close())

  it('takes the wished one when it is free, and says nothing', async () => {
    const free = await anyFreePort(host)
    assert.equal(await choose(free, true), free)
    assert.deepEqual(lines, [])
  })

  it('gives a usual one up for the next free, with a line', async () => {
    const other = await choose(taken, false)
    assert.ok(other > taken)
    assert.match(lines[0]!, new RegExp(`^Port ${taken} is taken \\(.*\\): the gateway takes ${other}$`))
  })

  it('refuses one that was asked for, exit code 69, naming the variable', async () => {
    await assert.rejects(
      choose(taken, true),
      (fault: PlainFault) => fault.exitCode === 69 && /KASSA_PORT$/.test(fault.message),
    )
  })

  it('names the process that has it', { skip: process.platform !== 'linux' && 'by /proc' }, async () => {
    await assert.rejects(choose(taken, true), new RegExp(`pid ${process.pid} has it`))
  })

  it('takes any free one for 0', async () => {
    assert.ok((await choose(0, true)) > 0)
  })
})
