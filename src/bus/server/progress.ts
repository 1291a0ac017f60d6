/** How far a download is: a bar that moves in a terminal, two lines elsewhere. */

const barWidth = 30
const megabyte = 1_000_000

/** Shows the progress of `label` on stderr; `wholeBytes` is 0 when it is not known. */
export function showProgress(label: string, wholeBytes: number, say: (line: string) => void) {
  const terminal = process.stderr.isTTY === true
  const size = wholeBytes ? ` (${(wholeBytes / megabyte).toFixed(1)} MB)` : ''
  if (!terminal) say(`Fetching ${label}${size}`)
  let shown = -1

  return {
    at(doneBytes: number) {
      const percent = wholeBytes ? Math.floor((100 * doneBytes) / wholeBytes) : 0
      if (!terminal || percent === shown) return
      shown = percent
      const full = Math.round((percent / 100) * barWidth)
      process.stderr.write(
        `\rFetching ${label}${size} [${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${percent} %`,
      )
    },
    end() {
      if (terminal) process.stderr.write('\n')
    },
  }
}
