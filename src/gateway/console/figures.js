/** Figures as `/metrics` tells them, in the text form of Prometheus. */

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/

/** Gives a reader of figures: `figure('kassa_up', {process: 'order'})`; `undefined` where there is none. */
export const readFigures = text => {
  const samples = []
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name)
      samples.push({
        name,
        labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, said]) => [key, said])),
        value: Number(value),
      })
  }
  const figure = (name, wanted) =>
    samples.find(
      sample => sample.name === name && Object.entries(wanted).every(([key, value]) => sample.labels[key] === value),
    )?.value
  /** The mean of all that a histogram has seen. */
  const mean = (name, wanted) => {
    const count = figure(`${name}_count`, wanted)
    return count ? figure(`${name}_sum`, wanted) / count : undefined
  }
  return { figure, mean }
}
