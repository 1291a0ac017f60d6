/** Reading the lines of a report as tests do. */

/** The cells of the line whose label begins with `label`, without the label; `undefined` where there is no such line. */
export const cellsOf = (lines: readonly string[], label: string): string[] | undefined =>
  lines
    .find(line => line.trim().startsWith(label))
    ?.trim()
    .split(/\s{2,}/)
    .slice(1)
