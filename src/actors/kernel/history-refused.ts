/** The refusal of a store whose history is not the one that others have seen. */

/** Thrown when this store must not go on by itself. The message says what to do. */
export class HistoryRefused extends Error {
  override name = 'HistoryRefused'
}
