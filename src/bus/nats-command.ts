/** The NATS command line, as a person types it. */

/** `nats --server …`, with the key that lets in where the broker is ours; what to do follows. */
export const natsCommand = (natsUrl: string, natsKeyFile: string | undefined): string =>
  `nats --server ${natsUrl}${natsKeyFile === undefined ? '' : ` --nkey '${natsKeyFile}'`}`
